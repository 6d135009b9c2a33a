#include "cli/terminal.h"

#include <locale.h>
#include <stdarg.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

#include "report/escape.h"
#include "xalloc.h"

enum { WIDTH_USUAL = 80, HEIGHT_USUAL = 24 };

static bool names_utf8(const char *locale)
{
    return strcasestr(locale, "utf-8") || strcasestr(locale, "utf8");
}

static bool is_utf8_locale(void)
{
    static const char *const variables[] = { "LC_ALL", "LC_CTYPE", "LANG" };
    for (size_t i = 0; i < COUNT_OF(variables); i++) {
        const char *value = getenv(variables[i]);
        if (value && *value)
            return names_utf8(value);
    }
    return false;
}

void terminal_init(struct terminal *terminal, FILE *stream)
{
    const char *term = getenv("TERM");
    const char *no_colour = getenv("NO_COLOR");
    bool is_dumb = !term || !*term || strcmp(term, "dumb") == 0;
    *terminal = (struct terminal){ .stream = stream, .is_utf8 = is_utf8_locale() };
    terminal->is_terminal = isatty(fileno(stream)) && !is_dumb;
    terminal->has_colour = terminal->is_terminal && !(no_colour && *no_colour);
}

const char *terminal_style(const struct terminal *terminal, enum terminal_style style)
{
    static const char *const sequences[] = {
        [STYLE_NORMAL] = "\x1b[0m", [STYLE_BOLD] = "\x1b[1m", [STYLE_DIM] = "\x1b[2m",
        [STYLE_GOOD] = "\x1b[32m",  [STYLE_BAD] = "\x1b[31m", [STYLE_WARN] = "\x1b[33m",
    };
    return terminal->has_colour ? sequences[style] : "";
}

/* The size of a control character, other than those that lay a text out; 0: it is none. Those
 * beyond ASCII are U+0080 to U+009F. */
static size_t control_size(struct text text)
{
    unsigned char first = (unsigned char)text.data[0];
    if (first == '\n' || first == '\t')
        return 0;
    if (first < ' ' || first == 0x7f)
        return 1;
    return first == 0xc2 && text.size > 1 && (unsigned char)text.data[1] < 0xa0 ? 2 : 0;
}

/* The size of what is left out: a command, or the first half of a line's end in two. */
static size_t dropped_size(struct text text)
{
    bool ends_line = text.size > 1 && text.data[0] == '\r' && text.data[1] == '\n';
    return ends_line ? 1 : escape_command_size(text);
}

void text_tame(char *string)
{
    char *out = string;
    struct text rest = text_from(string);
    while (rest.size) {
        size_t size = dropped_size(rest);
        if (size == 0) {
            size_t control = control_size(rest);
            *out++ = control == 0 ? *rest.data : *rest.data == '\r' ? ' ' : '?';
            size = control ? control : 1;
        }
        rest.data += size;
        rest.size -= size;
    }
    *out = '\0';
}

/* A locale whose wcwidth() knows all of Unicode, whatever the user's is. */
static locale_t width_locale(void)
{
    static locale_t locale;
    if (!locale)
        locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", NULL);
    return locale;
}

/* One character: its bytes, and the columns it takes. */
static size_t next_character(struct text text, size_t *columns_out)
{
    size_t escape = escape_size(text);
    *columns_out = 0;
    if (escape)
        return escape;
    locale_t before = uselocale(width_locale());
    mbstate_t state = { 0 };
    wchar_t wide;
    size_t size = mbrtowc(&wide, text.data, text.size, &state);
    int width = size == 0 || size > text.size ? 1 : wcwidth(wide);
    uselocale(before);
    *columns_out = width < 0 ? 0 : (size_t)width;
    return size == 0 || size > text.size ? 1 : size;
}

size_t text_columns(struct text line)
{
    size_t all = 0;
    while (line.size) {
        size_t columns;
        size_t size = next_character(line, &columns);
        all += columns;
        line.data += size;
        line.size -= size;
    }
    return all;
}

/* The characters that fit, and of what comes after them the escape sequences. */
static size_t add_fitting(struct buffer *buffer, struct text line, size_t room)
{
    size_t used = 0;
    bool is_full = false;
    while (line.size) {
        size_t columns;
        size_t size = next_character(line, &columns);
        is_full |= used + columns > room;
        if (!is_full || escape_size(line))
            buffer_add(buffer, line.data, size);
        used += is_full ? 0 : columns;
        line.data += size;
        line.size -= size;
    }
    return used;
}

void text_fit(struct buffer *buffer, struct text line, size_t columns, bool is_utf8)
{
    const char *mark = is_utf8 ? "\xe2\x80\xa6" : "...";
    size_t mark_columns = is_utf8 ? 1 : 3;
    size_t used;
    if (text_columns(line) <= columns) {
        used = add_fitting(buffer, line, columns);
    } else if (columns < mark_columns) {
        used = add_fitting(buffer, line, columns);
    } else {
        used = add_fitting(buffer, line, columns - mark_columns) + mark_columns;
        buffer_add_string(buffer, mark);
    }
    for (; used < columns; used++)
        buffer_add_char(buffer, ' ');
}

static void drop_spaces(struct buffer *buffer)
{
    while (buffer->size && buffer->data[buffer->size - 1] == ' ')
        buffer->data[--buffer->size] = '\0';
}

/* The next word; a per cent sign stays with its number. */
static struct text next_word(struct text *rest)
{
    struct text word = text_cut(rest, ' ');
    if (rest->size && rest->data[0] == '%') {
        struct text sign = text_cut(rest, ' ');
        word.size = (size_t)(sign.data + sign.size - word.data);
    }
    return word;
}

static void wrap_line(struct buffer *buffer, struct text line, size_t columns)
{
    enum { HANGING = 2 };
    size_t indent = 0;
    while (indent < line.size && line.data[indent] == ' ')
        indent++;
    buffer_add(buffer, line.data, indent);
    struct text rest = { line.data + indent, line.size - indent };
    struct text word = next_word(&rest);
    size_t used = indent + text_columns(word);
    buffer_add_text(buffer, word);
    while (rest.data) {
        word = next_word(&rest);
        size_t size = text_columns(word);
        if (size > 0 && used + 1 + size > columns) {
            drop_spaces(buffer);
            buffer_add_format(buffer, "\n%*s", (int)indent + HANGING, "");
            used = indent + HANGING + size;
        } else {
            buffer_add_char(buffer, ' ');
            used += 1 + size;
        }
        buffer_add_text(buffer, word);
    }
}

void text_wrap(struct buffer *buffer, struct text text, size_t columns)
{
    while (text.data) {
        struct text line = text_cut(&text, '\n');
        if (text_columns(line) <= columns)
            buffer_add_text(buffer, line);
        else
            wrap_line(buffer, line, columns);
        if (text.data)
            buffer_add_char(buffer, '\n');
    }
}

size_t terminal_columns(int fd)
{
    struct winsize size;
    return isatty(fd) && ioctl(fd, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

static void size_of(const struct terminal *terminal, size_t *width_out, size_t *height_out)
{
    struct winsize size;
    bool is_known = ioctl(fileno(terminal->stream), TIOCGWINSZ, &size) == 0;
    *width_out = is_known && size.ws_col > 1 ? size.ws_col : WIDTH_USUAL;
    *height_out = is_known && size.ws_row > 1 ? size.ws_row : HEIGHT_USUAL;
}

static void add_line(const struct terminal *terminal, struct buffer *out, struct text line,
                     size_t width)
{
    size_t columns = text_columns(line);
    text_fit(out, line, columns < width ? columns : width, terminal->is_utf8);
    buffer_add_string(out, terminal->has_colour ? "\x1b[0m\x1b[K\n" : "\x1b[K\n");
}

/* The picture as bytes for the terminal. One write, so that it never flickers half drawn. */
static void add_picture(struct terminal *terminal, struct buffer *out, struct text picture)
{
    size_t width;
    size_t height;
    size_of(terminal, &width, &height);
    terminal->rows = 0;
    while (picture.size && terminal->rows + 1 < height) {
        add_line(terminal, out, text_cut(&picture, '\n'), width - 1);
        terminal->rows++;
    }
}

/* To the picture's first line; what is below is taken away. */
static void add_return(const struct terminal *terminal, struct buffer *out)
{
    if (terminal->rows)
        buffer_add_format(out, "\x1b[%zuA\r", terminal->rows);
}

static void put(const struct terminal *terminal, const struct buffer *out)
{
    fwrite(buffer_text(out).data, 1, out->size, terminal->stream);
    fflush(terminal->stream);
}

static void remember(struct terminal *terminal, struct text picture)
{
    struct buffer before = terminal->picture;
    terminal->picture = (struct buffer){ 0 };
    buffer_add_text(&terminal->picture, picture);
    buffer_clear(&before);
}

static bool is_same_picture(const struct terminal *terminal, struct text picture)
{
    return terminal->picture.data && picture.size == terminal->picture.size &&
           memcmp(picture.data, terminal->picture.data, picture.size) == 0;
}

void terminal_draw(struct terminal *terminal, struct text picture)
{
    CLEANUP(buffer_clear) struct buffer out = { 0 };
    if (!terminal->is_terminal && is_same_picture(terminal, picture))
        return;
    if (terminal->is_terminal) {
        add_return(terminal, &out);
        add_picture(terminal, &out, picture);
        buffer_add_string(&out, "\x1b[J");
    } else {
        buffer_add_text(&out, picture);
        if (picture.size && picture.data[picture.size - 1] != '\n')
            buffer_add_char(&out, '\n');
    }
    put(terminal, &out);
    remember(terminal, picture);
}

void terminal_say(struct terminal *terminal, const char *format, ...)
{
    CLEANUP(buffer_clear) struct buffer out = { 0 };
    va_list arguments;
    size_t width;
    size_t height;
    size_of(terminal, &width, &height);
    add_return(terminal, &out);
    if (terminal->rows)
        buffer_add_string(&out, "\x1b[J");
    va_start(arguments, format);
    CLEANUP(freep) char *text = xvformat(format, arguments);
    va_end(arguments);
    text_tame(text);
    text_wrap(&out, text_from(text), terminal->is_terminal ? width : SIZE_MAX);
    buffer_add_char(&out, '\n');
    if (terminal->is_terminal)
        add_picture(terminal, &out, buffer_text(&terminal->picture));
    put(terminal, &out);
}

void terminal_leave(struct terminal *terminal)
{
    terminal->rows = 0;
    buffer_clear(&terminal->picture);
}
