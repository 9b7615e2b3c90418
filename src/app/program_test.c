#include "app/program.h"

#include "tests/lib/t.h"

/* The rules a command's table must keep, since help, man pages and the parser rely on them. */
static void check_command(const struct cli_cmd *cmd)
{
    T_ROW(cmd->name);
    T_TRUE(cmd->run != NULL);
    T_TRUE(cmd->summary && cmd->summary[0] >= 'A' && cmd->summary[0] <= 'Z');
    T_TRUE(strlen(cmd->summary) <= 70 && !str_ends(str_z(cmd->summary), STR(".")));
    struct str rest = str_z(cmd->name);
    struct str word = STR_NULL;
    size_t words = 0;
    for (; str_split(&rest, ' ', &word); words++)
        T_TRUE(word.n > 0);
    T_TRUE(words == 1 || words == 2);
    for (const struct cli_opt *o = cmd->opts; o && o->name; o++) {
        T_TRUE(o->help && strlen(o->help) < 400 && !str_ends(str_z(o->help), STR(".")));
        T_TRUE(strcmp(o->name, "help") != 0 && o->letter != 'h');
        T_TRUE(o->arg || !o->def); /* a flag has no default */
        for (const struct cli_opt *p = cmd->opts; p != o; p++)
            T_TRUE(strcmp(p->name, o->name) != 0 && (!o->letter || p->letter != o->letter));
    }
}

static void commands_keep_the_form(void **state)
{
    (void)state;
    for (size_t i = 0; i < program.n_commands; i++) {
        const struct cli_command_list *list = &program.commands[i];
        for (size_t k = 0; k < *list->n; k++) {
            check_command(list->rows[k]);
            T_TRUE(k == 0 || strcmp(list->rows[k - 1]->name, list->rows[k]->name) < 0);
        }
    }
}

static size_t times_named(const char *name)
{
    size_t n = 0;
    for (size_t i = 0; i < program.n_commands; i++)
        for (size_t k = 0; k < *program.commands[i].n; k++)
            n += strcmp(program.commands[i].rows[k]->name, name) == 0 ? 1 : 0;
    return n;
}

static void no_name_stands_in_two_lists(void **state)
{
    (void)state;
    for (size_t i = 0; i < program.n_commands; i++) {
        for (size_t k = 0; k < *program.commands[i].n; k++) {
            const char *name = program.commands[i].rows[k]->name;
            T_ROW(name);
            T_EQ_SIZE(times_named(name), 1);
        }
    }
}

static void codes_keep_the_form(void **state)
{
    (void)state;
    for (size_t i = 0; i < program.n_codes; i++) {
        for (size_t k = 0; k < *program.codes[i].n; k++) {
            const struct err_code *row = &program.codes[i].rows[k];
            T_ROW(row->id);
            T_TRUE(row->meaning && str_ends(str_z(row->meaning), STR(".")));
            T_TRUE(row->action && row->action[0] != '\0');
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T_TEST(commands_keep_the_form),
        T_TEST(no_name_stands_in_two_lists),
        T_TEST(codes_keep_the_form),
    };
    return T_RUN(tests);
}
