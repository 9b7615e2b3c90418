/*
 * Any JSON read by a table of all kinds: it is right, or there are findings, whose text is UTF-8
 * and whose places lie in the input.
 */
#include "json/opt.h"

#include "base/utf8.h"

#define MEMORY (8u << 20)

struct thing {
    struct str name;
    bool on;
    int64_t number;
    bool has_number;
    uint64_t size;
    uint64_t wait_ms;
    int method;
    struct opt_strs tags;
    struct opt_map headers;
    struct thing *inner;
    struct opt_list things;
    struct opt_choice choice;
    const struct json *meta;
    struct opt_secret key;
};

static const char *const methods[] = { "GET", "POST", NULL };
static const struct opt_table thing_table;
static const struct opt_variant variant_list[] = { { "thing", &thing_table } };
static const struct opt_variants variants = { .tag = "type",
                                              .v = variant_list,
                                              .n = ZS_COUNT(variant_list) };

static const struct opt_def thing_defs[] = {
    { .name = "name",
      .kind = OPT_STR,
      .flags = OPT_REQUIRED,
      .at = offsetof(struct thing, name),
      .min = 1,
      .max = 9,
      .doc = "." },
    { .name = "on",
      .kind = OPT_BOOL,
      .at = offsetof(struct thing, on),
      .dflt = "true",
      .doc = "." },
    { .name = "number",
      .kind = OPT_INT,
      .at = offsetof(struct thing, number),
      .seen = OPT_SEEN(struct thing, has_number),
      .dflt = "5",
      .min = -5,
      .max = 5,
      .doc = "." },
    { .name = "size",
      .kind = OPT_SIZE,
      .at = offsetof(struct thing, size),
      .dflt = "64k",
      .doc = "." },
    { .name = "wait",
      .kind = OPT_MS,
      .at = offsetof(struct thing, wait_ms),
      .dflt = "5s",
      .min = 1,
      .max = 60000,
      .doc = "." },
    { .name = "method",
      .kind = OPT_ENUM,
      .at = offsetof(struct thing, method),
      .names = methods,
      .doc = "." },
    { .name = "tags", .kind = OPT_STRS, .at = offsetof(struct thing, tags), .max = 3, .doc = "." },
    { .name = "headers", .kind = OPT_MAP, .at = offsetof(struct thing, headers), .doc = "." },
    { .name = "inner",
      .kind = OPT_OBJ,
      .at = offsetof(struct thing, inner),
      .sub = &thing_table,
      .doc = "." },
    { .name = "things",
      .kind = OPT_OBJS,
      .at = offsetof(struct thing, things),
      .sub = &thing_table,
      .doc = "." },
    { .name = "choice",
      .kind = OPT_CHOICE,
      .at = offsetof(struct thing, choice),
      .variants = &variants,
      .doc = "." },
    { .name = "meta", .kind = OPT_JSON, .at = offsetof(struct thing, meta), .doc = "." },
    { .name = "key", .kind = OPT_SECRET, .at = offsetof(struct thing, key), .doc = "." },
};
static const struct opt_table thing_table = OPT_TABLE("thing", struct thing, thing_defs, ".");

static void check_findings(const struct err_list *errs, struct str in)
{
    for (size_t i = 0; i < errs->n; i++) {
        const struct finding *f = &errs->v[i];
        ZS_ASSERT(f->id && f->text.n > 0 && utf8_is_valid(f->text, NULL));
        ZS_ASSERT(f->pos < in.n && f->line > 0 && f->column > 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str in = str_of((const char *)data, size);
    struct arena *a = arena_new("fuzz", 0, MEMORY);
    struct json *v = NULL;
    struct err_list errs;
    struct thing thing;
    ZS_ASSERT(a);
    err_list_init(&errs, a, 20);
    const struct opt_read r = { .arena = a, .errs = &errs, .text = in, .literals = size % 2 };
    if (json_parse(in, &json_default_limits, a, &v, NULL) == RC_OK) {
        enum rc rc = opt_decode(&thing_table, v, &r, &thing);
        ZS_ASSERT((rc == RC_VALUE && err_list_any(&errs)) ||
                  (rc == RC_OK && !err_list_any(&errs)) || rc == RC_NOMEM);
        check_findings(&errs, in);
    }
    arena_free(&a);
    return 0;
}
