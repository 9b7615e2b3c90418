/*
 * Test assertions. See t.h.
 */
#include "tests/lib/t.h"

#include "base/alloc.h"

#include <errno.h>
#include <ftw.h>
#include <sys/stat.h>

static const char *row_name;
static char tmp_dir[64];

void t_row(const char *name)
{
    row_name = name;
}

static void t_report(const char *file, int line)
{
    print_error("%s:%d: %s%s%s\n", file, line, row_name ? "row \"" : "", row_name ? row_name : "",
                row_name ? "\"" : "");
    row_name = NULL;
    _fail(file, line);
}

static void print_bytes(const char *label, struct str s)
{
    print_error("  %s (%zu bytes): ", label, s.n);
    if (str_is_null(s))
        print_error("(null)");
    for (size_t i = 0; i < s.n && i < 600; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if (c >= ' ' && c != '\\' && c != 0x7f)
            print_error("%c", c);
        else
            print_error("\\x%02x", c);
    }
    print_error("\n");
}

void t_true(bool cond, const char *what, const char *file, int line)
{
    if (cond)
        return;
    print_error("  not true: %s\n", what);
    t_report(file, line);
}

void t_eq_i64(int64_t got, int64_t want, const char *what, const char *file, int line)
{
    if (got == want)
        return;
    print_error("  %s: got %lld, want %lld\n", what, (long long)got, (long long)want);
    t_report(file, line);
}

void t_eq_u64(uint64_t got, uint64_t want, const char *what, const char *file, int line)
{
    if (got == want)
        return;
    print_error("  %s: got %llu, want %llu\n", what, (unsigned long long)got,
                (unsigned long long)want);
    t_report(file, line);
}

void t_eq_bytes(struct str got, struct str want, const char *what, const char *file, int line)
{
    if (str_is_null(got) == str_is_null(want) && str_eq(got, want))
        return;
    print_error("  %s\n", what);
    print_bytes("got ", got);
    print_bytes("want", want);
    t_report(file, line);
}

void t_eq_str(struct str got, const char *want, const char *what, const char *file, int line)
{
    t_eq_bytes(got, str_z(want), what, file, line);
}

void t_ok(enum rc rc, const struct err *e, const char *what, const char *file, int line)
{
    if (rc == RC_OK)
        return;
    print_error("  %s: %s", what, rc_name(rc));
    if (e && e->id)
        print_error(" %s at %zd (%s): %s [%s:%d]", e->id, (ssize_t)e->pos, e->where, e->text,
                    e->src_file, e->src_line);
    print_error("\n");
    t_report(file, line);
}

void t_fail(const char *file, int line, const char *fmt, ...)
{
    char text[512];
    va_list ap;
    va_start(ap, fmt);
    (void)vsnprintf(text, sizeof text, fmt, ap); /* a cut message is still a message */
    va_end(ap);
    print_error("  %s\n", text);
    t_report(file, line);
}

void t_skip(const char *why, const char *file, int line)
{
    print_message("skipped: %s\n", why);
    row_name = NULL;
    _skip(file, line);
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
    (void)st, (void)flag, (void)ftw; /* nftw's signature */
    return remove(path);
}

static void remove_tmp(void)
{
    (void)nftw(tmp_dir, remove_one, 16, FTW_DEPTH | FTW_PHYS); /* best effort at exit */
}

const char *t_tmpdir(void)
{
    static unsigned count;
    static char sub[8][96];
    if (!tmp_dir[0]) {
        (void)snprintf(tmp_dir, sizeof tmp_dir, "/tmp/zarish-test-XXXXXX"); /* fits */
        if (!mkdtemp(tmp_dir))
            T_FAIL("mkdtemp: %s", strerror(errno));
        (void)atexit(remove_tmp); /* at worst the directory stays */
    }
    char *out = sub[count % 8];
    (void)snprintf(out, sizeof sub[0], "%s/%u", tmp_dir, count++); /* fits */
    if (mkdir(out, 0700) != 0)
        T_FAIL("mkdir %s: %s", out, strerror(errno));
    return out;
}

const char *t_path(const char *dir, const char *name)
{
    static char ring[8][512];
    static unsigned next;
    char *out = ring[next++ % 8];
    int n = snprintf(out, sizeof ring[0], "%s/%s", dir, name);
    if (n < 0 || (size_t)n >= sizeof ring[0])
        T_FAIL("path too long: %s", name);
    return out;
}

/* What slurp() has read, reachable until the process ends. */
struct kept {
    struct kept *next;
    char *bytes;
};
static struct kept *kept;

static void keep(char *bytes)
{
    struct kept *k = mem_new(struct kept);
    if (!k)
        abort();
    *k = (struct kept){ kept, bytes };
    kept = k;
}

static bool slurp(const char *path, struct str *out)
{
    FILE *f = fopen(path, "rbe");
    if (!f)
        return false;
    char *p = NULL;
    size_t n = 0;
    size_t cap = 0;
    for (;;) {
        if (n == cap) {
            cap = cap ? cap * 2 : 65536;
            char *q = mem_grow(p, cap + 1);
            if (!q)
                abort();
            p = q;
        }
        size_t got = fread(p + n, 1, cap - n, f);
        if (got == 0)
            break;
        n += got;
    }
    (void)fclose(f); /* only read */
    p[n] = '\0';
    keep(p);
    *out = str_of(p, n);
    return true;
}

const char *t_data_dir(void)
{
    const char *dir = getenv("ZS_DATA");
    return dir && access(dir, R_OK) == 0 ? dir : NULL;
}

struct str t_data(const char *name)
{
    struct str out = STR_NULL;
    const char *dir = t_data_dir();
    if (!dir || !slurp(t_path(dir, name), &out))
        return STR_NULL;
    return out;
}

struct str t_read(const char *path)
{
    struct str out = STR_NULL;
    if (!slurp(path, &out))
        T_FAIL("cannot read %s: %s", path, strerror(errno));
    return out;
}

void t_write(const char *path, struct str bytes)
{
    FILE *f = fopen(path, "wbe");
    if (!f || fwrite(bytes.p, 1, bytes.n, f) != bytes.n || fclose(f) != 0)
        T_FAIL("cannot write %s: %s", path, strerror(errno));
}
