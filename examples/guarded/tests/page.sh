# The script that makes pages escapes what is no heading.
made=$(printf '## A\n- 1 < 2 & 3\n' | sh tools/page.sh)
test "$made" = '<h2>A</h2>
<li>1 &lt; 2 &amp; 3</li>'
