# From notes in Markdown to a page.
sed -e 's/&/\&amp;/g; s/</\&lt;/g' -e 's|^## \(.*\)|<h2>\1</h2>|' -e 's|^- \(.*\)|<li>\1</li>|'
