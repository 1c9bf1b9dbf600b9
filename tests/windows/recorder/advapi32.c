/* An advapi32.dll that records a program's ETW calls. It lies beside the program,
 * with wine's own advapi32.dll as advapi_real.dll, to which all other exports are
 * forwarded (see exports.sh); wine takes it under WINEDLLOVERRIDES="advapi32=n,b".
 *
 * ETW_RECORDER_OUT      the file to which each call appends a line of JSON; unset:
 *                       nothing is recorded. One file for one process.
 * ETW_RECORDER_SESSION  what the trace session asks of the providers, and how large
 *                       an event it takes: the commands of session.h, separated by
 *                       ";". Unset: no session listens, no callback is ever called.
 *                       A pipe takes the same commands while the program runs.
 *
 * No event is filtered: what is recorded is what the program chose to write, wanted
 * by the session or not.
 *
 * A mistake in a variable, or a file that cannot be written, ends the process
 * with 97. */

#include "line.h"
#include "registration.h"
#include "session.h"

#include <evntcons.h>

#define EXPORT __declspec(dllexport)

/* Of EVENT_INFO_CLASS; MinGW's header ends before it. */
enum { SET_TRAITS = 2 };

/* The documented limits of an event. */
enum {
    MOST_DESCRIPTORS = 128,
    LARGEST_EVENT = 65535 - sizeof(EVENT_HEADER),
};

static ULONG judge(BOOL known, PCEVENT_DESCRIPTOR event, ULONG count,
                   const EVENT_DATA_DESCRIPTOR *data, ULONGLONG size)
{
    ULONG limit = session_limit();
    if (!known)
        return ERROR_INVALID_HANDLE;
    if (!event || (count > 0 && !data))
        return ERROR_INVALID_PARAMETER;
    if (count > MOST_DESCRIPTORS || size > LARGEST_EVENT)
        return ERROR_ARITHMETIC_OVERFLOW;
    if (limit != 0 && size > limit)
        return ERROR_MORE_DATA;
    return ERROR_SUCCESS;
}

static void add_event(Line *line, PCEVENT_DESCRIPTOR event)
{
    line_number(line, "id", event->Id);
    line_number(line, "version", event->Version);
    line_number(line, "channel", event->Channel);
    line_number(line, "level", event->Level);
    line_number(line, "opcode", event->Opcode);
    line_number(line, "task", event->Task);
    line_hex(line, "keyword", event->Keyword);
}

/* Returns the bytes of all descriptors together. */
static ULONGLONG add_data(Line *line, ULONG count, const EVENT_DATA_DESCRIPTOR *data)
{
    ULONGLONG size = 0;
    line_open(line, "data", '[');
    for (ULONG i = 0; data && i < count; i++) {
        line_open(line, NULL, '{');
        line_number(line, "size", data[i].Size);
        /* The header's Reserved is a type in its lowest byte and zeros since 10. */
        line_number(line, "type", data[i].Reserved & 0xff);
        line_number(line, "reserved", data[i].Reserved >> 8);
        line_bytes(line, "bytes", (const void *)(ULONG_PTR)data[i].Ptr, data[i].Size);
        line_close(line, '}');
        size += data[i].Size;
    }
    line_close(line, ']');
    return size;
}

static ULONG write_event(const char *call, REGHANDLE handle, PCEVENT_DESCRIPTOR event,
                         LPCGUID activity, LPCGUID related, ULONG count,
                         const EVENT_DATA_DESCRIPTOR *data)
{
    Registration registration;
    BOOL known = registration_find(handle, &registration);
    Line line = line_start(call);
    line_hex(&line, "handle", handle);
    line_guid(&line, "provider", known ? &registration.provider : NULL);
    if (event)
        add_event(&line, event);
    line_guid(&line, "activity", activity);
    line_guid(&line, "related", related);
    ULONGLONG size = add_data(&line, count, data);
    ULONG result = judge(known, event, count, data, size);
    line_number(&line, "result", result);
    line_finish(&line);
    return result;
}

EXPORT ULONG EVNTAPI EventRegister(LPCGUID provider, PENABLECALLBACK callback, PVOID context,
                                   PREGHANDLE handle)
{
    if (!provider || !handle)
        return ERROR_INVALID_PARAMETER;
    session_begin();
    REGHANDLE registered = registration_add(provider, callback, context);
    Line line = line_start("EventRegister");
    line_hex(&line, "handle", registered);
    line_guid(&line, "provider", provider);
    line_number(&line, "callback", callback != NULL);
    line_number(&line, "result", ERROR_SUCCESS);
    line_finish(&line);
    /* The callback runs before the caller has its handle: the harsher of the
     * orders that the documentation leaves open. */
    registration_catch_up(registered);
    *handle = registered;
    return ERROR_SUCCESS;
}

EXPORT ULONG EVNTAPI EventUnregister(REGHANDLE handle)
{
    Registration registration;
    BOOL known = registration_remove(handle, &registration);
    ULONG result = known ? ERROR_SUCCESS : ERROR_INVALID_HANDLE;
    Line line = line_start("EventUnregister");
    line_hex(&line, "handle", handle);
    line_guid(&line, "provider", known ? &registration.provider : NULL);
    line_number(&line, "result", result);
    line_finish(&line);
    return result;
}

EXPORT ULONG EVNTAPI EventSetInformation(REGHANDLE handle, EVENT_INFO_CLASS class,
                                         PVOID information, ULONG size)
{
    Registration registration;
    BOOL known = registration_find(handle, &registration);
    ULONG result = known ? ERROR_SUCCESS : ERROR_INVALID_HANDLE;
    /* Documented: a second attempt fails; with which error is not. */
    if (known && (int)class == SET_TRAITS && !registration_set_traits(handle))
        result = ERROR_GEN_FAILURE;
    Line line = line_start("EventSetInformation");
    line_hex(&line, "handle", handle);
    line_guid(&line, "provider", known ? &registration.provider : NULL);
    line_number(&line, "class", class);
    line_number(&line, "size", size);
    line_bytes(&line, "bytes", information, information ? size : 0);
    line_number(&line, "result", result);
    line_finish(&line);
    return result;
}

EXPORT ULONG EVNTAPI EventWrite(REGHANDLE handle, PCEVENT_DESCRIPTOR event, ULONG count,
                                PEVENT_DATA_DESCRIPTOR data)
{
    return write_event("EventWrite", handle, event, NULL, NULL, count, data);
}

EXPORT ULONG EVNTAPI EventWriteEx(REGHANDLE handle, PCEVENT_DESCRIPTOR event, ULONG64 filter,
                                  ULONG flags, LPCGUID activity, LPCGUID related, ULONG count,
                                  PEVENT_DATA_DESCRIPTOR data)
{
    (void)filter, (void)flags;
    return write_event("EventWriteEx", handle, event, activity, related, count, data);
}

EXPORT ULONG EVNTAPI EventWriteTransfer(REGHANDLE handle, PCEVENT_DESCRIPTOR event,
                                        LPCGUID activity, LPCGUID related, ULONG count,
                                        PEVENT_DATA_DESCRIPTOR data)
{
    return write_event("EventWriteTransfer", handle, event, activity, related, count, data);
}

EXPORT ULONG EVNTAPI EventWriteString(REGHANDLE handle, UCHAR level, ULONGLONG keyword,
                                      PCWSTR string)
{
    EVENT_DESCRIPTOR event = { .Level = level, .Keyword = keyword };
    EVENT_DATA_DESCRIPTOR data;
    EventDataDescCreate(&data, string, (lstrlenW(string) + 1) * sizeof *string);
    return write_event("EventWriteString", handle, &event, NULL, NULL, 1, &data);
}

/* Whether a session wants an event: level 0 and keyword 0 mean all, on either side. */
static BOOLEAN wanted(const char *call, REGHANDLE handle, UCHAR level, ULONGLONG keyword)
{
    Registration registration;
    BOOLEAN result = FALSE;
    BOOL known = registration_find(handle, &registration);
    if (known && registration.last.code == 1) {
        const Control *asked = &registration.last;
        result = (level <= asked->level || asked->level == 0)
            && (keyword == 0 || asked->any == 0 || (keyword & asked->any) != 0)
            && (keyword == 0 || (keyword & asked->all) == asked->all);
    }
    Line line = line_start(call);
    line_hex(&line, "handle", handle);
    line_guid(&line, "provider", known ? &registration.provider : NULL);
    line_number(&line, "level", level);
    line_hex(&line, "keyword", keyword);
    line_number(&line, "result", result);
    line_finish(&line);
    return result;
}

EXPORT BOOLEAN EVNTAPI EventEnabled(REGHANDLE handle, PCEVENT_DESCRIPTOR event)
{
    return event ? wanted("EventEnabled", handle, event->Level, event->Keyword) : FALSE;
}

EXPORT BOOLEAN EVNTAPI EventProviderEnabled(REGHANDLE handle, UCHAR level, ULONGLONG keyword)
{
    return wanted("EventProviderEnabled", handle, level, keyword);
}

BOOL WINAPI DllMain(HINSTANCE instance, DWORD reason, LPVOID reserved)
{
    (void)instance, (void)reserved;
    if (reason == DLL_PROCESS_ATTACH) {
        registrations_begin();
        /* Tells a program that calls nothing from one that has wine's own DLL. */
        Line line = line_start("Loaded");
        line_finish(&line);
    }
    return TRUE;
}
