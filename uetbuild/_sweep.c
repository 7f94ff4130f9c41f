/* The sweep of the fast door, `changed_sweeps` of front.py, once more in C: the same answers by test (tests/test_sweep.py), sooner.
 *
 * Optional: hatch_build.py compiles it where one asks for it, against the limited API, so that one file does for every Python from 3.11 on.
 * Where it is not there, or refuses to be loaded, the one in Python is taken.
 *
 * All it does is lstat and arithmetic, so it needs no process of its own for its second half: threads take the sweeps one by one, touch
 * nothing of Python meanwhile, and have ended when the call returns. It opens folders instead of going into them: threads share where they are.
 */

#define _GNU_SOURCE
#define PY_SSIZE_T_CLEAN
#define Py_LIMITED_API 0x030B0000
#include <Python.h>

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#if UINTPTR_MAX != UINT64_MAX
#error "uetbuild's accelerator is for 64 bits; without UETBUILD_ACCELERATOR the sweep in Python is installed"
#endif

enum {
    MOST_THREADS = 8,  /* besides the caller's */
    WORTH_A_THREAD = 500,  /* files; they take ten times as long as it does to start one */
};

#if defined O_PATH
#define LOOK O_PATH  /* as `chdir`, it does not take that one may list the folder */
#elif defined O_SEARCH
#define LOOK O_SEARCH
#else
#define LOOK O_RDONLY
#endif

#if defined __APPLE__
#define MODIFIED(status) (status).st_mtimespec
#define CHANGED(status) (status).st_ctimespec
#else
#define MODIFIED(status) (status).st_mtim
#define CHANGED(status) (status).st_ctim
#endif

/* --- Python's hash of a tuple of numbers -------------------------------------------------------------------------------------------- */

#define MODULUS ((UINT64_C(1) << 61) - 1)
#define PRIME_1 UINT64_C(11400714785074694791)
#define PRIME_2 UINT64_C(14029467366897019727)
#define PRIME_5 UINT64_C(2870177450012600261)

/* `hash(number)`: the remainder by 2**61 - 1, with the sign of the number, and -2 for -1, which says "error" inside of Python. */
static uint64_t
hash_of(__int128 number)
{
    unsigned __int128 rest = number < 0 ? -(unsigned __int128)number : (unsigned __int128)number;
    while (rest > MODULUS)
        rest = (rest & MODULUS) + (rest >> 61);
    int64_t hash = rest == MODULUS ? 0 : (int64_t)rest;
    if (number < 0)
        hash = -hash;
    return hash == -1 ? (uint64_t)-2 : (uint64_t)hash;
}

/* `hash` of a tuple, one number after the other, begun with PRIME_5. */
static uint64_t
hash_with(uint64_t hash, __int128 number)
{
    hash += hash_of(number) * PRIME_2;
    hash = (hash << 31) | (hash >> 33);
    return hash * PRIME_1;
}

static int64_t
hash_whole(uint64_t hash, uint64_t length)
{
    hash += length ^ (PRIME_5 ^ UINT64_C(3527539));
    return hash == UINT64_MAX ? INT64_C(1546275796) : (int64_t)hash;
}

/* --- looking ------------------------------------------------------------------------------------------------------------------------ */

struct sweep {
    PyObject *folder, *held;  /* bytes that live as long as this */
    const char *path, *names, *end;  /* in these; a "\0" after each name */
    Py_ssize_t count;  /* of the names, by the record */
    int64_t expected;
    bool differs;
};

struct work {
    struct sweep *sweeps;
    size_t count, most;
    atomic_size_t next, differing;
};

static __int128
nanoseconds(struct timespec time)
{
    return (__int128)time.tv_sec * 1000000000 + time.tv_nsec;
}

/* `hash(SIGNATURE(status))` */
static int64_t
print_of(const struct stat *status)
{
    uint64_t hash = hash_with(PRIME_5, status->st_size);
    hash = hash_with(hash, nanoseconds(MODIFIED(*status)));
    hash = hash_with(hash, nanoseconds(CHANGED(*status)));
    return hash_whole(hash_with(hash, status->st_ino), 4);
}

static bool
is_different(const struct sweep *sweep)
{
    int folder = open(sweep->path, LOOK | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0)
        return true;
    uint64_t hash = PRIME_5, length = 0;
    bool seen = true;
    for (const char *name = sweep->names; seen && name <= sweep->end; name += strlen(name) + 1) {
        struct stat status;
        seen = fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) == 0;
        if (seen)
            hash = hash_with(hash, print_of(&status));
        length++;
    }
    close(folder);
    return !seen || hash_whole(hash, length) != sweep->expected;
}

/* Takes sweeps, as the other threads do, until there are none left, or more differ than anybody wants to know. */
static void *
take_sweeps(void *shared)
{
    struct work *work = shared;
    size_t number;
    while ((number = atomic_fetch_add(&work->next, 1)) < work->count && atomic_load(&work->differing) <= work->most) {
        work->sweeps[number].differs = is_different(&work->sweeps[number]);
        if (work->sweeps[number].differs)
            atomic_fetch_add(&work->differing, 1);
    }
    return NULL;
}

static size_t
processors(void)
{
#if defined CPU_COUNT
    cpu_set_t ours;
    if (sched_getaffinity(0, sizeof ours, &ours) == 0)
        return CPU_COUNT(&ours);
#endif
    long found = sysconf(_SC_NPROCESSORS_ONLN);
    return found > 0 ? found : 1;
}

/* Does all of the work; with threads, as far as they can be had, where there is enough of it. */
static void
sweep_all(struct work *work)
{
    pthread_t threads[MOST_THREADS];
    size_t started = 0, wanted = processors() - 1, files = 0;
    for (size_t number = 0; number < work->count; number++)
        files += work->sweeps[number].count;
    if (wanted > MOST_THREADS)
        wanted = MOST_THREADS;
    if (wanted > files / WORTH_A_THREAD)
        wanted = files / WORTH_A_THREAD;
    while (started < wanted && pthread_create(&threads[started], NULL, take_sweeps, work) == 0)
        started++;
    take_sweeps(work);
    while (started > 0)
        pthread_join(threads[--started], NULL);
}

/* --- what Python sees --------------------------------------------------------------------------------------------------------------- */

/* Returns false with an exception set where this is no sweep. */
static bool
read_sweep(struct sweep *sweep, PyObject *item)
{
    long long expected;
    if (!PyTuple_Check(item)) {
        PyErr_SetString(PyExc_TypeError, "a sweep is a tuple");
        return false;
    }
    if (!PyArg_ParseTuple(item, "O&SnL", PyUnicode_FSConverter, &sweep->folder, &sweep->held, &sweep->count, &expected)) {
        sweep->held = NULL;  /* borrowed */
        return false;
    }
    Py_INCREF(sweep->held);
    sweep->path = PyBytes_AsString(sweep->folder);
    sweep->names = PyBytes_AsString(sweep->held);
    sweep->end = sweep->names + PyBytes_Size(sweep->held);
    sweep->expected = expected;
    return true;
}

static PyObject *
numbers_of_differing(const struct work *work)
{
    PyObject *numbers = PyList_New(0);
    for (size_t number = 0; numbers != NULL && number < work->count; number++) {
        if (!work->sweeps[number].differs)
            continue;
        PyObject *found = PyLong_FromSize_t(number);
        if (found == NULL || PyList_Append(numbers, found) < 0)
            Py_CLEAR(numbers);
        Py_XDECREF(found);
    }
    return numbers;
}

PyDoc_STRVAR(changed_sweeps_doc, "changed_sweeps(sweeps, most, /)\n--\n\nSee `changed_sweeps` in `uetbuild.front`.");

static PyObject *
changed_sweeps(PyObject *module, PyObject *arguments)
{
    (void)module;
    PyObject *list, *answer = NULL;
    Py_ssize_t most;
    if (!PyArg_ParseTuple(arguments, "O!n", &PyList_Type, &list, &most))
        return NULL;
    struct work work = {.count = PyList_Size(list), .most = most < 0 ? 0 : most};
    work.sweeps = PyMem_Calloc(work.count, sizeof *work.sweeps);
    if (work.sweeps == NULL)
        return PyErr_NoMemory();
    bool readable = true;
    for (size_t number = 0; readable && number < work.count; number++) {
        PyObject *item = PyList_GetItem(list, number);
        readable = item != NULL && read_sweep(&work.sweeps[number], item);
    }
    if (readable) {
        Py_BEGIN_ALLOW_THREADS
        sweep_all(&work);
        Py_END_ALLOW_THREADS
        if (work.differing > work.most)
            PyErr_SetNone(PyExc_OSError);
        else
            answer = numbers_of_differing(&work);
    }
    for (size_t number = 0; number < work.count; number++) {
        Py_XDECREF(work.sweeps[number].folder);
        Py_XDECREF(work.sweeps[number].held);
    }
    PyMem_Free(work.sweeps);
    return answer;
}

/* Refuses to be loaded where Python's hash is another one than the one above, which no document promises. */
static int
compare_hashes(PyObject *module)
{
    (void)module;
    const __int128 numbers[] = {-1, INT64_MIN, INT64_MAX, MODULUS};
    uint64_t ours = PRIME_5;
    for (size_t place = 0; place < 4; place++)
        ours = hash_with(ours, numbers[place]);
    PyObject *tuple = Py_BuildValue("(LLLL)", (long long)-1, (long long)INT64_MIN, (long long)INT64_MAX, (long long)MODULUS);
    if (tuple == NULL)
        return -1;
    Py_hash_t theirs = PyObject_Hash(tuple);
    Py_DECREF(tuple);
    if (theirs == hash_whole(ours, 4))
        return 0;
    PyErr_SetString(PyExc_ImportError, "this Python hashes numbers in a way of its own");
    return -1;
}

static PyMethodDef methods[] = {
    {"changed_sweeps", changed_sweeps, METH_VARARGS, changed_sweeps_doc},
    {NULL, NULL, 0, NULL},
};

static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, compare_hashes},
    {0, NULL},
};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "uetbuild._sweep",
    .m_doc = "The sweep of the fast door in C.",
    .m_methods = methods,
    .m_slots = slots,
};

PyMODINIT_FUNC
PyInit__sweep(void)
{
    return PyModuleDef_Init(&definition);
}
