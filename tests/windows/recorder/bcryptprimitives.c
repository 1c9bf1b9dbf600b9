/* Replacement for bcryptprimitives.dll, which Rust's standard library imports for
 * the keys of its hash maps and which wine before 8.13 does not have. */

#include <windows.h>
#include <ntsecapi.h>

__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE data, SIZE_T size)
{
    while (size != 0) {
        /* RtlGenRandom counts in 32 bits. */
        ULONG part = size > MAXLONG ? MAXLONG : (ULONG)size;
        if (!RtlGenRandom(data, part))
            return FALSE;
        data += part;
        size -= part;
    }
    return TRUE;
}
