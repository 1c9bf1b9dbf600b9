#include "line.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static SRWLOCK output_lock = SRWLOCK_INIT;
static HANDLE output = INVALID_HANDLE_VALUE;
static BOOL output_opened;
static ULONGLONG lines_written;

void recorder_dies(const char *why)
{
    char text[256];
    DWORD written;
    int length = snprintf(text, sizeof text, "recording advapi32.dll: %s (error %lu)\r\n",
                          why, GetLastError());
    WriteFile(GetStdHandle(STD_ERROR_HANDLE), text, (DWORD)length, &written, NULL);
    /* Not ExitProcess: that would run the program's own clean-up first. */
    TerminateProcess(GetCurrentProcess(), 97);
    for (;;)
        Sleep(INFINITE);
}

static void reserve(Line *line, SIZE_T more)
{
    if (line->capacity - line->length >= more)
        return;
    line->capacity = (line->capacity + more) * 2;
    line->text = line->text
        ? HeapReAlloc(GetProcessHeap(), 0, line->text, line->capacity)
        : HeapAlloc(GetProcessHeap(), 0, line->capacity);
    if (!line->text)
        recorder_dies("out of memory");
}

static void add(Line *line, const char *text, SIZE_T length)
{
    reserve(line, length);
    memcpy(line->text + line->length, text, length);
    line->length += length;
}

__attribute__((format(printf, 2, 3)))
static void add_format(Line *line, const char *format, ...)
{
    char text[128];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (length < 0 || (size_t)length >= sizeof text)
        recorder_dies("a value does not fit its buffer");
    add(line, text, (SIZE_T)length);
}

/* Commas go between elements: not after a bracket, not at the very start. */
static void begin_element(Line *line, const char *key)
{
    char last = line->length ? line->text[line->length - 1] : '{';
    if (last != '{' && last != '[')
        add(line, ",", 1);
    if (key)
        add_format(line, "\"%s\":", key);
}

Line line_start(const char *call)
{
    Line line = { NULL, 0, 0 };
    add(&line, "{", 1);
    line_number(&line, "thread", GetCurrentThreadId());
    line_string(&line, "call", call);
    return line;
}

void line_number(Line *line, const char *key, ULONGLONG value)
{
    begin_element(line, key);
    add_format(line, "%I64u", value);
}

void line_hex(Line *line, const char *key, ULONGLONG value)
{
    begin_element(line, key);
    add_format(line, "\"0x%I64x\"", value);
}

void line_string(Line *line, const char *key, const char *value)
{
    begin_element(line, key);
    add(line, "\"", 1);
    for (const char *c = value; *c; c++) {
        if ((unsigned char)*c < 0x20)
            add_format(line, "\\u%04x", *c);
        else if (*c == '"' || *c == '\\')
            add_format(line, "\\%c", *c);
        else
            add(line, c, 1);
    }
    add(line, "\"", 1);
}

void line_guid(Line *line, const char *key, const GUID *value)
{
    begin_element(line, key);
    if (!value) {
        add(line, "null", 4);
        return;
    }
    add_format(line, "\"%08lx-%04x-%04x-%02x%02x-%02x%02x%02x%02x%02x%02x\"",
               value->Data1, value->Data2, value->Data3,
               value->Data4[0], value->Data4[1], value->Data4[2], value->Data4[3],
               value->Data4[4], value->Data4[5], value->Data4[6], value->Data4[7]);
}

void line_bytes(Line *line, const char *key, const void *bytes, SIZE_T size)
{
    static const char digits[] = "0123456789abcdef";
    const unsigned char *byte = bytes;
    begin_element(line, key);
    reserve(line, 2 * size + 2);
    char *to = line->text + line->length;
    *to++ = '"';
    for (SIZE_T i = 0; i < size; i++) {
        *to++ = digits[byte[i] >> 4];
        *to++ = digits[byte[i] & 15];
    }
    *to++ = '"';
    line->length += 2 * size + 2;
}

void line_open(Line *line, const char *key, char bracket)
{
    begin_element(line, key);
    add(line, &bracket, 1);
}

void line_close(Line *line, char bracket)
{
    add(line, &bracket, 1);
}

/* Needs output_lock. Without ETW_RECORDER_OUT nothing is recorded. */
static void open_output(void)
{
    WCHAR path[4 * MAX_PATH];
    DWORD length = GetEnvironmentVariableW(L"ETW_RECORDER_OUT", path, ARRAYSIZE(path));
    if (length >= ARRAYSIZE(path))
        recorder_dies("the path in ETW_RECORDER_OUT is too long");
    if (length > 0) {
        output = CreateFileW(path, FILE_APPEND_DATA, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL,
                             OPEN_ALWAYS, FILE_ATTRIBUTE_NORMAL, NULL);
        if (output == INVALID_HANDLE_VALUE)
            recorder_dies("the file in ETW_RECORDER_OUT cannot be opened");
    }
    output_opened = TRUE;
}

void line_finish(Line *line)
{
    DWORD written;
    AcquireSRWLockExclusive(&output_lock);
    if (!output_opened)
        open_output();
    /* Counted under the lock, so that the numbers follow the lines' order. */
    line_number(line, "line", ++lines_written);
    add(line, "}\n", 2);
    if (output != INVALID_HANDLE_VALUE
        && (!WriteFile(output, line->text, (DWORD)line->length, &written, NULL)
            || written != line->length))
        recorder_dies("a line could not be written");
    ReleaseSRWLockExclusive(&output_lock);
    HeapFree(GetProcessHeap(), 0, line->text);
}
