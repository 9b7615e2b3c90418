/*
 * From words to options and arguments, by the command's table. Pure. Tests: cli_parse_test.c
 *
 * Options may stand anywhere; "--" ends them; "-" alone is an argument. A value follows as the next
 * word, behind "=" (--output=json) or at once (-ojson); flags of one letter may be joined (-vq).
 */
#include "cli/cli_int.h"

#include "base/num.h"

#define CHOICES_MAX 8

struct parse {
    const struct cli_cmd *cmd;
    const char *const *words;
    size_t n;
    size_t i; /* the word being looked at */
    const char **pos;
    struct cli_args *out;
};

/* ---- what the tables say ---- */

struct args_range cli_args_range(const char *args)
{
    struct args_range r = { 0, 0 };
    struct str rest = str_z(args);
    struct str word = STR_NULL;
    while (str_split(&rest, ' ', &word)) {
        if (word.n == 0)
            continue;
        bool optional = word.p[0] == '[';
        bool repeated = str_find(word, STR("..."), 0) != SIZE_MAX;
        r.least += optional ? 0 : 1;
        r.most = repeated || r.most == SIZE_MAX ? SIZE_MAX : r.most + 1;
    }
    return r;
}

/* The name of argument number i, for "X is missing". */
static struct str args_name(const char *args, size_t i)
{
    struct str rest = str_z(args);
    struct str word = STR_NULL;
    while (str_split(&rest, ' ', &word))
        if (word.n > 0 && i-- == 0)
            break;
    return word;
}

size_t cli_choices(const struct cli_opt *o, struct str out[], size_t max)
{
    if (!o->arg)
        return 0;
    struct str rest = str_z(o->arg);
    size_t n = 0;
    if (str_chr(rest, '|', 0) == SIZE_MAX || str_ends(rest, STR("|-")))
        return 0;
    while (n < max && str_split(&rest, '|', &out[n]))
        n++;
    return n;
}

/* ---- options ---- */

static const struct cli_opt *opt_named(const struct cli_cmd *cmd, struct str name)
{
    for (const struct cli_opt *o = cmd->opts; o && o->name; o++)
        if (str_eqz(name, o->name))
            return o;
    return NULL;
}

static const struct cli_opt *opt_lettered(const struct cli_cmd *cmd, char letter)
{
    for (const struct cli_opt *o = cmd->opts; o && o->name; o++)
        if (o->letter == letter)
            return o;
    return NULL;
}

#define NAMES_MAX 64

static enum rc no_such_option(const struct cli_cmd *cmd, struct str name, struct err *e)
{
    const char *names[NAMES_MAX] = { "help" };
    size_t n = 1;
    for (const struct cli_opt *o = cmd->opts; o && o->name && n < NAMES_MAX; o++)
        names[n++] = o->name;
    const char *near = str_nearest(name, names, n);
    if (near)
        return err_set(e, RC_VALUE, "CLI-002", "there is no option --%.*s; did you mean --%s?",
                       STR_ARG(name), near);
    return err_set(e, RC_VALUE, "CLI-002", "there is no option --%.*s", STR_ARG(name));
}

static enum rc check_choice(const struct cli_opt *o, const char *value, struct err *e)
{
    struct str words[CHOICES_MAX];
    size_t n = cli_choices(o, words, CHOICES_MAX);
    for (size_t i = 0; i < n; i++)
        if (str_eqz(words[i], value))
            return RC_OK;
    if (n == 0)
        return RC_OK;
    return err_set(e, RC_VALUE, "CLI-004", "--%s takes one of %s", o->name, o->arg);
}

/* value: what stood in the same word, or NULL; then the next word is taken. */
static enum rc take_option(struct parse *p, const struct cli_opt *o, const char *value,
                           struct err *e)
{
    if (!o->arg && value)
        return err_set(e, RC_VALUE, "CLI-007", "--%s takes no value", o->name);
    if (o->arg && !value) {
        if (p->i + 1 >= p->n)
            return err_set(e, RC_MISSING, "CLI-003", "--%s needs a value: %s", o->name, o->arg);
        value = p->words[++p->i];
    }
    enum rc rc = o->arg ? check_choice(o, value, e) : RC_OK;
    if (rc == RC_OK)
        p->out->given[p->out->n_given++] = (struct cli_given){ .opt = o, .value = value };
    return rc;
}

static enum rc long_option(struct parse *p, const char *word, struct err *e)
{
    struct str all = str_z(word + 2);
    size_t eq = str_chr(all, '=', 0);
    struct str name = str_sub(all, 0, eq);
    const struct cli_opt *o = opt_named(p->cmd, name);
    if (!o)
        return no_such_option(p->cmd, name, e);
    return take_option(p, o, eq == SIZE_MAX ? NULL : all.p + eq + 1, e);
}

static enum rc letter_options(struct parse *p, const char *word, struct err *e)
{
    for (const char *at = word + 1; *at; at++) {
        const struct cli_opt *o = opt_lettered(p->cmd, *at);
        if (!o)
            return err_set(e, RC_VALUE, "CLI-002", "there is no option -%c", *at);
        const char *value = NULL;
        if (o->arg && at[1])
            value = at[1] == '=' ? at + 2 : at + 1;
        enum rc rc = take_option(p, o, value, e);
        if (rc != RC_OK)
            return rc;
        if (o->arg)
            break; /* the rest of the word was its value */
    }
    return RC_OK;
}

/* ---- arguments ---- */

static enum rc check_count(const struct cli_cmd *cmd, const struct cli_args *out, struct err *e)
{
    struct args_range r = cli_args_range(cmd->args);
    if (out->n_pos < r.least) {
        struct str name = args_name(cmd->args, out->n_pos);
        return err_set(e, RC_MISSING, "CLI-005", "%.*s is missing", STR_ARG(name));
    }
    if (out->n_pos > r.most)
        return err_set(e, RC_VALUE, "CLI-006", "one argument too many: %s", out->pos[r.most]);
    return RC_OK;
}

static enum rc take_word(struct parse *p, bool *options, struct err *e)
{
    const char *word = p->words[p->i];
    if (!*options || word[0] != '-' || word[1] == '\0') {
        p->pos[p->out->n_pos++] = word;
        return RC_OK;
    }
    if (word[1] != '-')
        return letter_options(p, word, e);
    if (word[2] != '\0')
        return long_option(p, word, e);
    *options = false;
    return RC_OK;
}

/* Joined letters are the one way a word gives more than one option. */
static size_t options_at_most(const char *const *words, size_t n)
{
    size_t most = 0;
    for (size_t i = 0; i < n; i++)
        most += words[i][0] == '-' ? strlen(words[i]) : 0;
    return most;
}

enum rc cli_parse(const struct cli_cmd *cmd, const char *const *words, size_t n, struct arena *a,
                  struct cli_args *out, struct err *e)
{
    struct cli_args args = { .cmd = cmd };
    const char **pos = arena_make(a, const char *, n);
    args.given = arena_make(a, struct cli_given, options_at_most(words, n));
    if (!pos || !args.given)
        return err_set(e, RC_NOMEM, "BASE-002", "not enough memory");
    args.pos = pos;
    struct parse p = { .cmd = cmd, .words = words, .n = n, .pos = pos, .out = &args };
    bool options = true;
    for (; p.i < n; p.i++) {
        enum rc rc = take_word(&p, &options, e);
        if (rc != RC_OK)
            return rc;
    }
    enum rc rc = check_count(cmd, &args, e);
    if (rc == RC_OK)
        *out = args;
    return rc;
}

/* ---- reading the result ---- */

static const struct cli_opt *opt_known(const struct cli_args *a, const char *name)
{
    const struct cli_opt *o = opt_named(a->cmd, str_z(name));
    ZS_ASSERT(o != NULL);
    return o;
}

size_t cli_count(const struct cli_args *a, const char *name)
{
    const struct cli_opt *o = opt_known(a, name);
    size_t n = 0;
    for (size_t i = 0; i < a->n_given; i++)
        n += a->given[i].opt == o ? 1 : 0;
    return n;
}

bool cli_has(const struct cli_args *a, const char *name)
{
    return cli_count(a, name) > 0;
}

const char *cli_opt_at(const struct cli_args *a, const char *name, size_t i)
{
    const struct cli_opt *o = opt_known(a, name);
    for (size_t k = 0; k < a->n_given; k++)
        if (a->given[k].opt == o && i-- == 0)
            return a->given[k].value;
    ZS_ASSERT(false); /* i was not under cli_count */
    return NULL;
}

const char *cli_opt(const struct cli_args *a, const char *name)
{
    size_t n = cli_count(a, name);
    return n > 0 ? cli_opt_at(a, name, n - 1) : opt_known(a, name)->def;
}

const char *cli_pos(const struct cli_args *a, size_t i)
{
    return i < a->n_pos ? a->pos[i] : NULL;
}

static enum rc for_option(enum rc rc, const char *name, struct err *e)
{
    if (rc != RC_OK)
        err_where(e, "--%s", name);
    return rc;
}

enum rc cli_opt_u64(const struct cli_args *a, const char *name, uint64_t min, uint64_t max,
                    uint64_t *out, struct err *e)
{
    const char *text = cli_opt(a, name);
    return text ? for_option(num_u64(str_z(text), min, max, out, e), name, e) : RC_OK;
}

enum rc cli_opt_size(const struct cli_args *a, const char *name, uint64_t max, uint64_t *out,
                     struct err *e)
{
    const char *text = cli_opt(a, name);
    return text ? for_option(num_size(str_z(text), 0, max, out, e), name, e) : RC_OK;
}

enum rc cli_opt_duration(const struct cli_args *a, const char *name, int64_t max_ms,
                         int64_t *out_ms, struct err *e)
{
    const char *text = cli_opt(a, name);
    return text ? for_option(num_duration(str_z(text), 0, max_ms, out_ms, e), name, e) : RC_OK;
}
