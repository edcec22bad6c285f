using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Pgrepl.Shared.Native;

/// <summary>The functions of OpenSSL's libcrypto that this project calls, under their own names.</summary>
/// <remarks>Source of truth: OpenSSL 3.0, include/openssl/x509.h, x509_vfy.h, bio.h, err.h, stack.h. Nothing here is newer than 3.0. C's long is nint.
/// .NET has the same library loaded for its own TLS; no object of one is handed to the other, only DER.</remarks>
internal static unsafe partial class CryptoCalls
{
    /// <summary>The soname: libpq5 and .NET's own TLS need it too.</summary>
    internal const string Library = "libcrypto.so.3";

    internal const nuint X509_V_FLAG_CRL_CHECK = 0x4;
    internal const nuint X509_V_FLAG_CRL_CHECK_ALL = 0x8;
    internal const int X509_V_OK = 0;
    internal const int X509_V_ERR_UNSPECIFIED = 1;
    internal const int NID_delta_crl = 140;
    internal const nuint XN_FLAG_RFC2253 = 0x1110317;

    /// <summary>Set in an error code that is an errno.</summary>
    internal const nuint ERR_SYSTEM_FLAG = 0x80000000;

    [LibraryImport(Library)]
    internal static partial StoreHandle X509_STORE_new();

    [LibraryImport(Library)]
    internal static partial void X509_STORE_free(nint store);

    [LibraryImport(Library)]
    internal static partial int X509_STORE_add_cert(StoreHandle store, CertificateHandle certificate);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int X509_STORE_load_locations(StoreHandle store, string? file, string? directory);

    [LibraryImport(Library)]
    internal static partial int X509_STORE_set_flags(StoreHandle store, nuint flags);

    /// <summary>A stack of X509_OBJECT that belongs to the store: what was loaded, and of a directory what was looked up.</summary>
    [LibraryImport(Library)]
    internal static partial nint X509_STORE_get0_objects(StoreHandle store);

    /// <returns>Null: the object is a certificate.</returns>
    [LibraryImport(Library)]
    internal static partial nint X509_OBJECT_get0_X509_CRL(nint element);

    /// <returns>Negative: there is no such extension.</returns>
    [LibraryImport(Library)]
    internal static partial int X509_CRL_get_ext_by_NID(nint list, int nid, int last);

    [LibraryImport(Library)]
    internal static partial CertificateHandle d2i_X509(nint reuse, ref byte* der, nint length);

    [LibraryImport(Library)]
    internal static partial void X509_free(nint certificate);

    /// <summary>What it returns belongs to the certificate.</summary>
    [LibraryImport(Library)]
    internal static partial nint X509_get_subject_name(CertificateHandle certificate);

    [LibraryImport(Library)]
    internal static partial StackHandle OPENSSL_sk_new_null();

    [LibraryImport(Library)]
    internal static partial int OPENSSL_sk_num(nint stack);

    [LibraryImport(Library)]
    internal static partial nint OPENSSL_sk_value(nint stack, int index);

    [LibraryImport(Library)]
    internal static partial int OPENSSL_sk_push(StackHandle stack, CertificateHandle certificate);

    [LibraryImport(Library)]
    internal static partial void OPENSSL_sk_free(nint stack);

    [LibraryImport(Library)]
    internal static partial ContextHandle X509_STORE_CTX_new();

    [LibraryImport(Library)]
    internal static partial void X509_STORE_CTX_free(nint context);

    [LibraryImport(Library)]
    internal static partial int X509_STORE_CTX_init(ContextHandle context, StoreHandle store, CertificateHandle certificate, StackHandle untrusted);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int X509_STORE_CTX_set_default(ContextHandle context, string name);

    [LibraryImport(Library)]
    internal static partial int X509_verify_cert(ContextHandle context);

    [LibraryImport(Library)]
    internal static partial int X509_STORE_CTX_get_error(ContextHandle context);

    [LibraryImport(Library)]
    internal static partial int X509_STORE_CTX_get_error_depth(ContextHandle context);

    [LibraryImport(Library)]
    internal static partial nint X509_verify_cert_error_string(nint error);

    [LibraryImport(Library)]
    internal static partial nint BIO_s_mem();

    [LibraryImport(Library)]
    internal static partial BioHandle BIO_new(nint method);

    [LibraryImport(Library)]
    internal static partial int BIO_free(nint bio);

    [LibraryImport(Library)]
    internal static partial int BIO_read(BioHandle bio, Span<byte> data, int length);

    [LibraryImport(Library)]
    internal static partial int X509_NAME_print_ex(BioHandle bio, nint name, int indent, nuint flags);

    [LibraryImport(Library)]
    internal static partial nuint ERR_get_error();

    [LibraryImport(Library)]
    internal static partial void ERR_clear_error();

    [LibraryImport(Library)]
    internal static partial nint ERR_reason_error_string(nuint error);

    /// <summary>The first error since <see cref="ERR_clear_error"/>, in OpenSSL's words.</summary>
    /// <remarks>As SSLerrmessage, PostgreSQL 15, src/backend/libpq/be-secure-openssl.c: OpenSSL 3 has no words for an errno.</remarks>
    internal static string FirstError()
    {
        nuint code = ERR_get_error();
        if (code == 0)
            return "no SSL error reported";
        if (Marshal.PtrToStringUTF8(ERR_reason_error_string(code)) is { } reason)
            return reason;
        return (code & ERR_SYSTEM_FLAG) != 0 ? SystemError.Text((int)(code & (ERR_SYSTEM_FLAG - 1))) : $"SSL error code {code}";
    }

    /// <summary>Owns one X509_STORE.</summary>
    internal sealed class StoreHandle() : SafeHandleZeroOrMinusOneIsInvalid(ownsHandle: true)
    {
        protected override bool ReleaseHandle()
        {
            X509_STORE_free(handle);
            return true;
        }
    }

    /// <summary>Owns one X509.</summary>
    internal sealed class CertificateHandle() : SafeHandleZeroOrMinusOneIsInvalid(ownsHandle: true)
    {
        /// <returns>Invalid: the bytes are no certificate.</returns>
        internal static CertificateHandle Of(ReadOnlySpan<byte> der)
        {
            fixed (byte* start = der) // read during the call alone; the pointer that OpenSSL moves on is a copy
            {
                byte* at = start;
                return d2i_X509(0, ref at, der.Length);
            }
        }

        protected override bool ReleaseHandle()
        {
            X509_free(handle);
            return true;
        }
    }

    /// <summary>Owns one STACK_OF(X509), not what is on it: that must live longer.</summary>
    internal sealed class StackHandle() : SafeHandleZeroOrMinusOneIsInvalid(ownsHandle: true)
    {
        protected override bool ReleaseHandle()
        {
            OPENSSL_sk_free(handle);
            return true;
        }
    }

    /// <summary>Owns one X509_STORE_CTX; the store and the certificates in it must live longer.</summary>
    internal sealed class ContextHandle() : SafeHandleZeroOrMinusOneIsInvalid(ownsHandle: true)
    {
        protected override bool ReleaseHandle()
        {
            X509_STORE_CTX_free(handle);
            return true;
        }
    }

    /// <summary>Owns one BIO.</summary>
    internal sealed class BioHandle() : SafeHandleZeroOrMinusOneIsInvalid(ownsHandle: true)
    {
        protected override bool ReleaseHandle() => BIO_free(handle) == 1;
    }
}
