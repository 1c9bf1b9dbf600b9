#include "session.h"
#include "line.h"
#include "registration.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LONGEST_COMMAND = 4096 };

static volatile LONG limit;

ULONG session_limit(void)
{
    return (ULONG)limit;
}

static BOOL read_number(const char *text, ULONGLONG *value)
{
    char *end;
    *value = strtoull(text, &end, 0);
    return *text >= '0' && *text <= '9' && *end == '\0';
}

static BOOL read_guid(const char *text, GUID *guid)
{
    unsigned long a;
    unsigned b, c, d[8];
    int length = 0;
    if (sscanf(text, "{%8lx-%4x-%4x-%2x%2x-%2x%2x%2x%2x%2x%2x}%n", &a, &b, &c,
               &d[0], &d[1], &d[2], &d[3], &d[4], &d[5], &d[6], &d[7], &length) != 11
        || length != 38 || text[length] != '\0')
        return FALSE;
    guid->Data1 = a;
    guid->Data2 = (USHORT)b;
    guid->Data3 = (USHORT)c;
    for (int i = 0; i < 8; i++)
        guid->Data4[i] = (BYTE)d[i];
    return TRUE;
}

/* A word after "enable". */
static BOOL read_setting(const char *word, Control *control)
{
    ULONGLONG value;
    if (strncmp(word, "level=", 6) == 0 && read_number(word + 6, &value) && value <= 255)
        control->level = (UCHAR)value;
    else if (strncmp(word, "any=", 4) == 0 && read_number(word + 4, &value))
        control->any = value;
    else if (strncmp(word, "all=", 4) == 0 && read_number(word + 4, &value))
        control->all = value;
    else
        return FALSE;
    return TRUE;
}

static const char *control(char *word)
{
    Control control = { .every_provider = TRUE };
    if (*word == '{') {
        if (!read_guid(word, &control.provider))
            return "error: this is not a GUID";
        control.every_provider = FALSE;
        word = strtok(NULL, " ");
    }
    if (word && strcmp(word, "enable") == 0)
        control.code = 1;
    else if (word && strcmp(word, "capture") == 0)
        control.code = 2;
    else if (!word || strcmp(word, "disable") != 0)
        return "error: unknown command";
    while ((word = strtok(NULL, " "))) {
        if (control.code != 1 || !read_setting(word, &control))
            return "error: unknown setting";
    }
    return control_everyone(&control) ? "ok" : "error: too many commands";
}

/* Obeys one command, which it takes apart in place, and answers. */
static const char *obey(char *command)
{
    char *word = strtok(command, " ");
    if (!word)
        return "error: an empty command";
    if (strcmp(word, "mark") == 0) {
        char *text = strtok(NULL, "");
        Line line = line_start("Mark");
        line_string(&line, "text", text ? text : "");
        line_finish(&line);
        return "ok";
    }
    if (strcmp(word, "limit") == 0) {
        ULONGLONG bytes;
        word = strtok(NULL, " ");
        if (!word || !read_number(word, &bytes) || bytes > MAXLONG)
            return "error: limit wants a number of bytes";
        InterlockedExchange(&limit, (LONG)bytes);
        return "ok";
    }
    return control(word);
}

static void obey_environment(void)
{
    char commands[LONGEST_COMMAND];
    DWORD length = GetEnvironmentVariableA("ETW_RECORDER_SESSION", commands, sizeof commands);
    if (length >= sizeof commands)
        recorder_dies("ETW_RECORDER_SESSION is too long");
    commands[length] = '\0';
    /* Not strtok, because obey() uses it. */
    for (char *command = commands, *end; *command; command = end) {
        end = command + strcspn(command, ";");
        if (*end)
            *end++ = '\0';
        const char *answer = obey(command);
        if (strcmp(answer, "ok") != 0) {
            char why[128];
            snprintf(why, sizeof why, "ETW_RECORDER_SESSION: %s", answer);
            recorder_dies(why);
        }
    }
}

static HANDLE new_pipe(void)
{
    char name[64];
    snprintf(name, sizeof name, "\\\\.\\pipe\\etw-recorder-%lu", GetCurrentProcessId());
    HANDLE pipe = CreateNamedPipeA(name, PIPE_ACCESS_DUPLEX,
                                   PIPE_TYPE_BYTE | PIPE_READMODE_BYTE | PIPE_WAIT,
                                   PIPE_UNLIMITED_INSTANCES, 4096, 4096, 0, NULL);
    if (pipe == INVALID_HANDLE_VALUE)
        recorder_dies("the pipe cannot be made");
    return pipe;
}

/* Until the other end closes. */
static void serve(HANDLE pipe)
{
    char command[LONGEST_COMMAND];
    DWORD length = 0, got;
    while (ReadFile(pipe, command + length, 1, &got, NULL) && got == 1) {
        if (command[length] != '\n') {
            if (++length == sizeof command)
                recorder_dies("a command on the pipe is too long");
            continue;
        }
        if (length > 0 && command[length - 1] == '\r')
            length--;
        command[length] = '\0';
        length = 0;
        const char *answer = obey(command);
        if (!WriteFile(pipe, answer, (DWORD)strlen(answer), &got, NULL)
            || !WriteFile(pipe, "\n", 1, &got, NULL))
            return;
    }
}

static DWORD WINAPI listen_to_pipe(void *first)
{
    for (HANDLE pipe = first, next;; pipe = next) {
        if (!ConnectNamedPipe(pipe, NULL) && GetLastError() != ERROR_PIPE_CONNECTED)
            recorder_dies("the pipe cannot be listened to");
        /* Made before this one is served: whoever comes next finds a pipe. */
        next = new_pipe();
        serve(pipe);
        CloseHandle(pipe);
    }
}

static BOOL CALLBACK begin(PINIT_ONCE once, PVOID parameter, PVOID *context)
{
    (void)once, (void)parameter, (void)context;
    obey_environment();
    HANDLE thread = CreateThread(NULL, 0, listen_to_pipe, new_pipe(), 0, NULL);
    if (!thread)
        recorder_dies("no thread can be started");
    CloseHandle(thread);
    return TRUE;
}

void session_begin(void)
{
    static INIT_ONCE once = INIT_ONCE_STATIC_INIT;
    InitOnceExecuteOnce(&once, begin, NULL, NULL);
}
