/*
 * A command line for tests. See cli_fake.h.
 */
#include "cli/cli_fake.h"

#include "base/alloc.h"

#define WORDS_MAX 64

void cli_fake_init(struct cli_fake *f, struct str input)
{
    *f = (struct cli_fake){ .out = STR(""), .err = STR("") };
    clock_fake_init(&f->clock, 1704164645678);
    random_fake_init(&f->random, 1);
    f->c.clock = &f->clock.clock;
    f->c.random = &f->random.random;
    f->c.width = 80;
    f->c.in = tmpfile();
    ZS_ASSERT(f->c.in != NULL);
    ZS_ASSERT(fwrite(input.p, 1, input.n, f->c.in) == input.n);
    rewind(f->c.in);
}

static void drop_output(struct cli_fake *f)
{
    mem_free(f->out_bytes);
    mem_free(f->err_bytes);
    f->out_bytes = f->err_bytes = NULL;
}

void cli_fake_done(struct cli_fake *f)
{
    drop_output(f);
    (void)fclose(f->c.in); /* only read */
}

int cli_fake_run(struct cli_fake *f, const struct cli_program *program, const char *const *words)
{
    const char *argv[WORDS_MAX] = { "zarish" };
    int argc = 1;
    for (; words[argc - 1]; argc++) {
        ZS_ASSERT(argc < WORDS_MAX);
        argv[argc] = words[argc - 1];
    }
    drop_output(f);
    f->c.out = open_memstream(&f->out_bytes, &f->out_n);
    f->c.err = open_memstream(&f->err_bytes, &f->err_n);
    ZS_ASSERT(f->c.out && f->c.err);
    f->c.program = program;
    f->c.json = false;
    int status = cli_main(&f->c, argc, argv);
    ZS_ASSERT(fclose(f->c.out) == 0 && fclose(f->c.err) == 0);
    f->out = str_of(f->out_bytes, f->out_n);
    f->err = str_of(f->err_bytes, f->err_n);
    return status;
}

int cli_fake_cmd(struct cli_fake *f, const struct cli_cmd *cmd, const char *const *words)
{
    const struct cli_cmd *const one[] = { cmd };
    const size_t n = 1;
    const struct cli_command_list list = { one, &n };
    const struct cli_program program = { .commands = &list, .n_commands = 1 };
    const char *all[WORDS_MAX];
    char first[32];
    size_t at = 0;
    const char *space = strchr(cmd->name, ' ');
    size_t first_n = space ? (size_t)(space - cmd->name) : strlen(cmd->name);
    ZS_ASSERT(first_n < sizeof first);
    memcpy(first, cmd->name, first_n);
    first[first_n] = '\0';
    all[at++] = first;
    if (space)
        all[at++] = space + 1;
    for (; *words; words++) {
        ZS_ASSERT(at < WORDS_MAX - 1);
        all[at++] = *words;
    }
    all[at] = NULL;
    return cli_fake_run(f, &program, all);
}
