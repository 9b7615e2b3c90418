/*
 * The keys of `mapping:` and `table:` documents. The checker, the JSON Schema and the reference all
 * read these tables.
 */
#include "map/map_int.h"

static const char *const formats[] = { "hl7v2", "json", NULL };
static const char *const bases[] = { "empty", "input", NULL };
static const char *const nulls[] = { "keep", "drop", NULL };
static const char *const missings[] = { "error", "keep", "empty", "default", NULL };

extern const struct opt_table map_rule_options;

static const struct opt_def rule_defs[] = {
    { .name = "to",
      .kind = OPT_STR,
      .at = offsetof(struct map_rule_conf, to),
      .seen = OPT_SEEN(struct map_rule_conf, has_to),
      .min = 1,
      .max = 1000,
      .doc = "Where the value is written: a JSON path (`patient.name[0].family`) or an HL7 v2 path "
             "(`PID-5.1`). With `[]` at the end all values are written, as a list or as "
             "repetitions; without it the first one." },
    { .name = "from",
      .kind = OPT_JSON,
      .at = offsetof(struct map_rule_conf, from),
      .doc = "Where the value is read: a path in the input's own syntax, or a list of them whose "
             "values come one after the other." },
    { .name = "expr",
      .kind = OPT_STR,
      .at = offsetof(struct map_rule_conf, expr),
      .seen = OPT_SEEN(struct map_rule_conf, has_expr),
      .min = 1,
      .max = 16384,
      .doc = "A FHIRPath expression instead of `from`; paths of the input stand in backticks." },
    { .name = "value",
      .kind = OPT_JSON,
      .at = offsetof(struct map_rule_conf, value),
      .doc = "A constant instead of `from`." },
    { .name = "when",
      .kind = OPT_STR,
      .at = offsetof(struct map_rule_conf, when),
      .seen = OPT_SEEN(struct map_rule_conf, has_when),
      .min = 1,
      .max = 16384,
      .doc = "A FHIRPath condition: the rule is carried out where it is true. In an `each` it is "
             "asked of every item." },
    { .name = "transform",
      .kind = OPT_JSON,
      .at = offsetof(struct map_rule_conf, transform),
      .doc = "A transform, or a list of them, carried out in their order." },
    { .name = "lookup",
      .kind = OPT_STR,
      .at = offsetof(struct map_rule_conf, lookup),
      .seen = OPT_SEEN(struct map_rule_conf, has_lookup),
      .min = 1,
      .max = 200,
      .doc = "The code table that turns the value, after all transforms, into another." },
    { .name = "default",
      .kind = OPT_JSON,
      .at = offsetof(struct map_rule_conf, dflt),
      .doc = "What is written when there is no value." },
    { .name = "required",
      .kind = OPT_BOOL,
      .at = offsetof(struct map_rule_conf, required),
      .doc = "Is it an error when there is no value and no default?" },
    { .name = "each",
      .kind = OPT_STR,
      .at = offsetof(struct map_rule_conf, each),
      .seen = OPT_SEEN(struct map_rule_conf, has_each),
      .min = 1,
      .max = 1000,
      .doc = "What is repeated in the input: a segment (`OBX`), a field's repetitions (`PID-3`), a "
             "JSON array (`results`). The inner `rules` run for every item and write an item of "
             "`to`." },
    { .name = "rules",
      .kind = OPT_OBJS,
      .at = offsetof(struct map_rule_conf, rules),
      .seen = OPT_SEEN(struct map_rule_conf, has_rules),
      .sub = &map_rule_options,
      .max = 5000,
      .doc = "The rules inside an `each`." },
};

const struct opt_table map_rule_options =
    OPT_TABLE("rule", struct map_rule_conf, rule_defs,
              "One line of a mapping: what is read, what is done to it, where it is written.");

static const struct opt_def map_defs[] = {
    { .name = "mapping",
      .kind = OPT_STR,
      .at = offsetof(struct map_conf, name),
      .min = 1,
      .max = 200,
      .doc = "The mapping's name; not needed where it is written in the place it is used." },
    { .name = "description",
      .kind = OPT_STR,
      .at = offsetof(struct map_conf, description),
      .max = 4000,
      .doc = "For people." },
    { .name = "from",
      .kind = OPT_ENUM,
      .flags = OPT_REQUIRED,
      .at = offsetof(struct map_conf, from),
      .names = formats,
      .doc = "Format of the input." },
    { .name = "to",
      .kind = OPT_ENUM,
      .flags = OPT_REQUIRED,
      .at = offsetof(struct map_conf, to),
      .names = formats,
      .doc = "Format of the output." },
    { .name = "base",
      .kind = OPT_ENUM,
      .at = offsetof(struct map_conf, base),
      .names = bases,
      .dflt = "empty",
      .doc = "What the rules write on: an empty document, or a copy of the input (same format), of "
             "which every byte that no rule writes stays as it is." },
    { .name = "null",
      .kind = OPT_ENUM,
      .at = offsetof(struct map_conf, null),
      .names = nulls,
      .dflt = "keep",
      .doc = "What happens to an explicit null (JSON null, HL7 v2 `\"\"`): it is written as the "
             "output's null, or counts as no value." },
    { .name = "offset",
      .kind = OPT_STR,
      .at = offsetof(struct map_conf, offset),
      .dflt = "keep",
      .doc = "What `dateTime` does with a time that has no offset from UTC: `keep` leaves it so, "
             "`drop` leaves the time out, `Z` or `+02:00` is added." },
    { .name = "rules",
      .kind = OPT_OBJS,
      .flags = OPT_REQUIRED,
      .at = offsetof(struct map_conf, rules),
      .sub = &map_rule_options,
      .min = 1,
      .max = 5000,
      .doc = "The rules, in the order of the output." },
};

const struct opt_table map_options = OPT_TABLE("mapping", struct map_conf, map_defs,
                                               "Named rules that turn one document into another.");

static const struct opt_def table_defs[] = {
    { .name = "table",
      .kind = OPT_STR,
      .flags = OPT_REQUIRED,
      .at = offsetof(struct map_table_conf, name),
      .min = 1,
      .max = 200,
      .doc = "The table's name." },
    { .name = "description",
      .kind = OPT_STR,
      .at = offsetof(struct map_table_conf, description),
      .max = 4000,
      .doc = "For people." },
    { .name = "rows",
      .kind = OPT_JSON,
      .at = offsetof(struct map_table_conf, rows),
      .doc = "Code and value: `{M: male, F: female}`." },
    { .name = "file",
      .kind = OPT_STR,
      .at = offsetof(struct map_table_conf, file),
      .seen = OPT_SEEN(struct map_table_conf, has_file),
      .min = 1,
      .max = 1000,
      .doc = "A CSV file with a header row instead of `rows`." },
    { .name = "columns",
      .kind = OPT_STRS,
      .at = offsetof(struct map_table_conf, columns),
      .max = 2,
      .doc = "Names of the file's columns that hold code and value; the first two without it." },
    { .name = "separator",
      .kind = OPT_STR,
      .at = offsetof(struct map_table_conf, separator),
      .dflt = ",",
      .min = 1,
      .max = 1,
      .doc = "What stands between the file's columns." },
    { .name = "missing",
      .kind = OPT_ENUM,
      .at = offsetof(struct map_table_conf, missing),
      .names = missings,
      .dflt = "error",
      .doc =
          "What a code gives that the table does not have: an error, the code itself (`keep`), no "
          "value (`empty`), or the table's `default`. It is listed as a failed look-up in any "
          "case." },
    { .name = "default",
      .kind = OPT_JSON,
      .at = offsetof(struct map_table_conf, dflt),
      .doc = "The value for unknown codes under `missing: default`." },
    { .name = "ignoreCase",
      .kind = OPT_BOOL,
      .at = offsetof(struct map_table_conf, ignore_case),
      .doc = "Are codes found in upper and lower case alike?" },
};

const struct opt_table map_table_options =
    OPT_TABLE("table", struct map_table_conf, table_defs, "Codes and what they become.");
