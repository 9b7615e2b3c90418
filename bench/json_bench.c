/*
 * Reading and writing JSON on FHIR-like documents, in GB of JSON text a second, one thread.
 *
 * Beside ours in the same run: memcpy of the same text (the limit of the machine) and json-c where
 * it was found at build time. Each figure is the best of several rounds, as the machine may do
 * other things besides. With a directory as argument its *.json files are one more document set.
 */
#include "base/alloc.h"
#include "base/clock.h"
#include "json/json.h"
#include "json_peer.h"

#include <dirent.h>

#define ROUNDS    12
#define ROUND_NS  40000000u /* 40 ms */
#define TEXTS_MAX 512

struct texts {
    const char *name;
    struct str text[TEXTS_MAX];
    size_t n;
    size_t bytes;
};

/* State of one measured job; a job handles every text of the set once. */
struct job {
    const struct texts *set;
    struct arena *a;
    struct json *doc[TEXTS_MAX];
    struct buf out;
    enum json_style style;
    void (*run)(struct job *j);
    void *peer[TEXTS_MAX];
};

static void fail(const char *what)
{
    fprintf(stderr, "json_bench: %s\n", what);
    exit(3);
}

static double best_gbs(struct job *j)
{
    const struct clock *c = clock_real();
    double best = 0;
    for (unsigned round = 0; round < ROUNDS; round++) {
        uint64_t start = clock_mono_ns(c);
        uint64_t now = start;
        size_t runs = 0;
        do {
            j->run(j);
            runs++;
            now = clock_mono_ns(c);
        } while (now - start < ROUND_NS);
        double gbs = (double)(runs * j->set->bytes) / (double)(now - start);
        best = gbs > best ? gbs : best;
    }
    return best;
}

/* --- the jobs --- */

static void copy_texts(struct job *j)
{
    buf_clear(&j->out);
    for (size_t i = 0; i < j->set->n; i++)
        buf_str(&j->out, j->set->text[i]);
}

static void read_texts(struct job *j)
{
    struct err e;
    for (size_t i = 0; i < j->set->n; i++) {
        arena_clear(j->a);
        if (json_parse(j->set->text[i], &json_default_limits, j->a, &j->doc[0], &e) != RC_OK)
            fail(e.text);
    }
}

static void write_docs(struct job *j)
{
    struct err e;
    for (size_t i = 0; i < j->set->n; i++) {
        buf_clear(&j->out);
        if (json_write(&j->out, j->doc[i], j->style, &e) != RC_OK)
            fail(e.text);
    }
}

static void peer_read_texts(struct job *j)
{
    for (size_t i = 0; i < j->set->n; i++) {
        void *doc = json_peer_read(j->set->text[i].p, j->set->text[i].n);
        if (!doc)
            fail("the peer cannot read a text");
        json_peer_free(doc);
    }
}

static void peer_write_docs(struct job *j)
{
    for (size_t i = 0; i < j->set->n; i++)
        if (!json_peer_write(j->peer[i], j->style == JSON_PRETTY))
            fail("the peer cannot write a document");
}

static void measure_peer(struct job *j)
{
    if (!json_peer_name())
        return;
    j->run = peer_read_texts;
    double in = best_gbs(j);
    for (size_t i = 0; i < j->set->n; i++)
        j->peer[i] = json_peer_read(j->set->text[i].p, j->set->text[i].n);
    j->run = peer_write_docs;
    printf(" %7.2f %7.2f", in, best_gbs(j));
    for (size_t i = 0; i < j->set->n; i++)
        json_peer_free(j->peer[i]);
}

/* --- the texts --- */

static void add_text(struct texts *set, struct str text)
{
    if (set->n == TEXTS_MAX)
        return;
    set->text[set->n++] = text;
    set->bytes += text.n;
}

static void make_patient(struct buf *b, unsigned i)
{
    static const char *const families[] = { "Musterfrau", "Nakamura", "O'Brien",
                                            "M\xc3\xbcller-L\xc3\xbc"
                                            "denscheidt" };
    buf_fmt(b, "{\"resourceType\":\"Patient\",\"id\":\"pat-%06u\",\"meta\":{\"versionId\":\"%u\",",
            i, i % 7 + 1);
    buf_z(
        b,
        "\"lastUpdated\":\"2024-03-05T07:12:44.193+01:00\",\"profile\":[\"http://example.org/fhir/"
        "StructureDefinition/patient-national\"]},\"identifier\":[{\"use\":\"usual\",\"type\":"
        "{\"coding\":[{\"system\":\"http://terminology.hl7.org/CodeSystem/v2-0203\",\"code\":"
        "\"MR\"}]},");
    buf_fmt(b,
            "\"system\":\"urn:oid:1.2.36.146.595.217.0.1\",\"value\":\"%08u\"}],\"active\":true,",
            i * 7919);
    buf_fmt(b,
            "\"name\":[{\"use\":\"official\",\"family\":\"%s\",\"given\":[\"Peter\",\"James\"]}],",
            families[i % 4]);
    buf_z(b, "\"telecom\":[{\"system\":\"phone\",\"value\":\"(03) 5555 "
             "6473\",\"use\":\"work\",\"rank\":1"
             "}],\"gender\":\"male\",\"birthDate\":\"1974-12-25\",\"deceasedBoolean\":false,"
             "\"address\":[{"
             "\"use\":\"home\",\"type\":\"both\",\"line\":[\"534 Erewhon "
             "St\"],\"city\":\"PleasantVille\","
             "\"postalCode\":\"3999\",\"period\":{\"start\":\"1974-12-25\"}}]}");
}

static void make_observation(struct buf *b, unsigned i)
{
    buf_fmt(
        b,
        "{\"resourceType\":\"Observation\",\"id\":\"obs-%06u\",\"status\":\"final\",\"category\":[{"
        "\"coding\":[{\"system\":\"http://terminology.hl7.org/CodeSystem/observation-category\","
        "\"code\":\"laboratory\"}]}],\"code\":{\"coding\":[{\"system\":\"http://loinc.org\","
        "\"code\":\"15074-%u\",\"display\":\"Glucose [Moles/volume] in Blood\"}]},",
        i, i % 10);
    buf_fmt(b,
            "\"subject\":{\"reference\":\"Patient/pat-%06u\"},\"effectiveDateTime\":"
            "\"2024-04-02T09:30:10+01:00\",\"valueQuantity\":{\"value\":%u.%u0,\"unit\":\"mmol/l\","
            "\"system\":\"http://unitsofmeasure.org\",\"code\":\"mmol/L\"},",
            i / 3, i % 12, i % 10);
    buf_z(
        b,
        "\"referenceRange\":[{\"low\":{\"value\":3.1,\"unit\":\"mmol/l\"},\"high\":{\"value\":6.2,"
        "\"unit\":\"mmol/l\"}}]}");
}

static void make_bundle(struct buf *b, unsigned entries)
{
    buf_z(b, "{\"resourceType\":\"Bundle\",\"type\":\"collection\",\"total\":null,\"entry\":[");
    for (unsigned i = 0; i < entries; i++) {
        buf_fmt(b, "%s{\"fullUrl\":\"urn:uuid:a1b2c3d4-0000-4000-8000-%012u\",\"resource\":",
                i ? "," : "", i);
        if (i % 4 == 0)
            make_patient(b, i);
        else
            make_observation(b, i);
        buf_char(b, '}');
    }
    buf_z(b, "]}");
}

/* The same document in the other style. */
static void restyle(struct str text, struct buf *out, enum json_style style)
{
    struct arena *a = arena_new("bench", 0, SIZE_MAX);
    struct json *v = NULL;
    struct err e;
    if (!a || json_parse(text, &json_default_limits, a, &v, &e) != RC_OK ||
        json_write(out, v, style, &e) != RC_OK)
        fail("cannot prepare the documents");
    arena_free(&a);
}

static struct str read_file(const char *path)
{
    FILE *f = fopen(path, "rbe");
    struct buf b;
    buf_init(&b, 64 << 20);
    if (!f)
        return STR_NULL;
    for (;;) {
        char *to = buf_room(&b, 65536);
        if (!to)
            fail("a file is too large");
        size_t n = fread(to, 1, 65536, f);
        if (n == 0)
            break;
        buf_added(&b, n);
    }
    (void)fclose(f);     /* only read */
    return buf_view(&b); /* kept until the end of the process */
}

static void add_files(struct texts *set, const char *dir)
{
    DIR *d = opendir(dir);
    if (!d)
        return;
    for (const struct dirent *entry = readdir(d); entry; entry = readdir(d)) {
        char path[1024];
        int n = snprintf(path, sizeof path, "%s/%s", dir, entry->d_name);
        if (n < 0 || (size_t)n >= sizeof path || !str_ends(str_z(path), STR(".json")))
            continue;
        struct str text = read_file(path);
        if (text.n)
            add_text(set, text);
    }
    (void)closedir(d); /* only read */
}

/* --- the table --- */

static void measure(const struct texts *set, enum json_style style)
{
    struct job j = { .set = set, .style = style };
    struct arena *docs = arena_new("bench documents", 0, SIZE_MAX);
    struct err e;
    j.a = arena_new("bench", 256 << 10, SIZE_MAX);
    buf_init(&j.out, 256 << 20);
    if (!docs || !j.a)
        fail("no memory");
    j.run = copy_texts;
    double copy = best_gbs(&j);
    j.run = read_texts;
    double in = best_gbs(&j);
    for (size_t i = 0; i < set->n; i++)
        if (json_parse(set->text[i], &json_default_limits, docs, &j.doc[i], &e) != RC_OK)
            fail(e.text);
    j.run = write_docs;
    double out = best_gbs(&j);
    printf("%-34s %9zu %7zu %7.2f %7.2f %7.2f", set->name, set->bytes, set->n, copy, in, out);
    measure_peer(&j);
    printf("\n");
    buf_done(&j.out);
    arena_free(&j.a);
    arena_free(&docs);
}

static void measure_bundle(const char *name, const char *pretty_name, unsigned entries)
{
    struct buf compact;
    struct buf pretty;
    buf_init(&compact, 64 << 20);
    buf_init(&pretty, 64 << 20);
    if (entries == 1)
        make_patient(&compact, 4);
    else
        make_bundle(&compact, entries);
    restyle(buf_view(&compact), &pretty, JSON_PRETTY);
    struct texts *set = mem_new(struct texts);
    if (!set)
        fail("no memory");
    set->name = name;
    add_text(set, buf_view(&compact));
    measure(set, JSON_COMPACT);
    *set = (struct texts){ .name = pretty_name };
    add_text(set, buf_view(&pretty));
    measure(set, JSON_PRETTY);
    mem_free(set);
    buf_done(&compact);
    buf_done(&pretty);
}

static void measure_texts(void)
{
    struct buf b;
    struct texts *set = mem_new(struct texts);
    buf_init(&b, 64 << 20);
    if (!set)
        fail("no memory");
    buf_z(&b, "{\"resourceType\":\"Binary\",\"contentType\":\"application/pdf\",\"data\":\"");
    for (unsigned i = 0; i < 2000000 / 64; i++)
        buf_z(&b, "JVBERi0xLjUKJdDUxdgKMyAwIG9iago8PAovTGVuZ3RoIDIwOTUgICAgICAgCi9G");
    buf_z(&b, "\"}");
    set->name = "2 MB of base64";
    add_text(set, buf_view(&b));
    measure(set, JSON_COMPACT);
    buf_clear(&b);
    buf_char(&b, '[');
    for (unsigned i = 0; i < 2000; i++)
        buf_fmt(&b,
                "%s\"\xe6\x82\xa3\xe8\x80\x85\xe3\x81\xaf\xe5\x8d\x88\xe5\x89\x8d\xe4\xb8\xad"
                "\xe3\x81\xab %u \xe6\x9d\xa5\xe9\x99\xa2\xe3\x81\x97\xe3\x81\x9f\"",
                i ? "," : "", i);
    buf_char(&b, ']');
    *set = (struct texts){ .name = "Japanese texts" };
    add_text(set, buf_view(&b));
    measure(set, JSON_COMPACT);
    mem_free(set);
    buf_done(&b);
}

int main(int argc, char **argv)
{
    const char *peer = json_peer_name();
    printf("GB/s of JSON text, one thread, best of %d rounds; beside it %s\n", ROUNDS,
           peer ? peer : "nothing, json-c was not there at build time");
    printf("%-34s %9s %7s %7s %7s %7s %7s %7s\n", "documents", "bytes", "files", "memcpy", "in",
           "out", "c in", "c out");
    measure_bundle("one Patient, compact", "one Patient, pretty", 1);
    measure_bundle("Bundle of 200, compact", "Bundle of 200, pretty", 200);
    measure_bundle("Bundle of 4,000, compact", "Bundle of 4,000, pretty", 4000);
    measure_texts();
    struct texts *set = mem_new(struct texts);
    if (!set)
        fail("no memory");
    set->name = "files, written compact";
    add_files(set, argc > 1 ? argv[1]
                            : ZS_SOURCE_DIR "/../shared/data/fhir-json-xml-pairs/no-narrative");
    if (set->n)
        measure(set, JSON_COMPACT);
    mem_free(set);
    return 0;
}
