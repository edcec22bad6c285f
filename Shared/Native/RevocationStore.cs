using System.Runtime.InteropServices;
using System.Security.Cryptography;
using static Pgrepl.Shared.Native.CryptoCalls;

namespace Pgrepl.Shared.Native;

/// <summary>Authorities and certificate revocation lists in OpenSSL's hands, which judges certificates by them: .NET's own chain takes no list from a file.</summary>
/// <remarks>As PostgreSQL has it judged: every certificate of the chain, the root too, must be covered by a list of its issuer that is in date. Stricter than PostgreSQL in one thing:
/// a delta list is refused. OpenSSL 3.0 takes one for a complete list, so that who was revoked before it would get in again.
/// Source of truth: be_tls_init, PostgreSQL 15, src/backend/libpq/be-secure-openssl.c; X509_verify_cert(3). Why OpenSSL: docs/decisions/0007.</remarks>
public sealed class RevocationStore : IDisposable
{
    private const string NoDeltas = "delta revocation lists are not supported";

    private readonly StoreHandle _store;

    private RevocationStore(StoreHandle store) => _store = store;

    /// <param name="authorities">Certificates in DER.</param>
    /// <param name="file">Of one or more lists in PEM; read now. <see langword="null"/>: none.</param>
    /// <param name="directory">Of lists by the hash of their issuer, as <c>openssl rehash</c> names them; read when they are needed. <see langword="null"/>: none.</param>
    /// <exception cref="CryptographicException">The file cannot be used, in OpenSSL's words.</exception>
    public static RevocationStore Load(IEnumerable<ReadOnlyMemory<byte>> authorities, string? file, string? directory)
    {
        if (!NativeLibrary.TryLoad(Library, out _))
            throw new CryptographicException($"{Library} of OpenSSL 3 is not installed");
        ERR_clear_error();
        StoreHandle store = X509_STORE_new();
        try
        {
            foreach (ReadOnlyMemory<byte> der in authorities)
            {
                using CertificateHandle authority = CertificateHandle.Of(der.Span);
                Check(!authority.IsInvalid && X509_STORE_add_cert(store, authority) == 1);
            }
            Check(X509_STORE_load_locations(store, file, directory) == 1);
            if (HasDelta(store))
                throw new CryptographicException(NoDeltas);
            Check(X509_STORE_set_flags(store, X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL) == 1);
            return new RevocationStore(store);
        }
        catch
        {
            store.Dispose();
            throw;
        }
    }

    /// <summary>Whether a client's certificate is valid and no list revokes it, nor one that it rests on.</summary>
    /// <param name="certificate">In DER.</param>
    /// <param name="sentAlong">In DER: what may stand between it and an authority.</param>
    /// <returns><see langword="null"/>: it is. Else why not, in OpenSSL's words, and how far above the client's own that certificate stands: 0 is itself.</returns>
    public (string Reason, int Depth)? Refuses(ReadOnlyMemory<byte> certificate, IEnumerable<ReadOnlyMemory<byte>> sentAlong)
    {
        List<CertificateHandle> between = [];
        try
        {
            ERR_clear_error();
            using CertificateHandle subject = CertificateHandle.Of(certificate.Span);
            using StackHandle stack = OPENSSL_sk_new_null();
            foreach (ReadOnlyMemory<byte> der in sentAlong)
            {
                between.Add(CertificateHandle.Of(der.Span));
                Check(!between[^1].IsInvalid && OPENSSL_sk_push(stack, between[^1]) > 0);
            }
            Check(!subject.IsInvalid);
            using ContextHandle context = X509_STORE_CTX_new();
            Check(X509_STORE_CTX_init(context, _store, subject, stack) == 1 && X509_STORE_CTX_set_default(context, "ssl_client") == 1);
            bool verified = X509_verify_cert(context) == 1;
            int error = X509_STORE_CTX_get_error(context);
            if (verified && error == X509_V_OK)
                return HasDelta(_store) ? (NoDeltas, 0) : null; // a directory's lists were read only now
            return (Words(error == X509_V_OK ? X509_V_ERR_UNSPECIFIED : error), X509_STORE_CTX_get_error_depth(context));
        }
        catch (CryptographicException impossible)
        {
            return (impossible.Message, 0); // not judged is not let in
        }
        finally
        {
            between.ForEach(handle => handle.Dispose());
        }
    }

    public void Dispose() => _store.Dispose();

    private static bool HasDelta(StoreHandle store)
    {
        nint objects = X509_STORE_get0_objects(store);
        for (int i = 0; i < OPENSSL_sk_num(objects); i++)
            if (X509_OBJECT_get0_X509_CRL(OPENSSL_sk_value(objects, i)) is var list and not 0 && X509_CRL_get_ext_by_NID(list, NID_delta_crl, -1) >= 0)
                return true;
        return false;
    }

    private static string Words(int error) => Marshal.PtrToStringUTF8(X509_verify_cert_error_string(error)) ?? $"error {error}";

    private static void Check(bool done)
    {
        if (!done)
            throw new CryptographicException(FirstError());
    }
}
