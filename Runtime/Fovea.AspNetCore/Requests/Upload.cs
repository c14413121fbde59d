using System.Buffers;
using System.Globalization;
using Fovea.AspNetCore.Serving;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;

namespace Fovea.AspNetCore.Requests;

/// <summary>A picture's file as a client sends it: as the body, or as the first file of a form. It stays in memory, and nothing of it goes to the disk.</summary>
internal sealed class Upload : IDisposable
{
    private const string Expected = "multipart/form-data with a file, image/* or application/octet-stream";
    private const int MostBoundary = 70; // RFC 2046, 5.1.1

    private static readonly TimeSpan MostDelayOfToken = TimeSpan.FromSeconds(1);

    private byte[] bytes = [];
    private int length;

    private Upload()
    {
    }

    public ReadOnlyMemory<byte> Content => bytes.AsMemory(0, length);

    /// <summary>Reads it to its end, as memory comes to be needed: what a header claims costs nothing.</summary>
    /// <param name="context">A request whose body nobody has read.</param>
    /// <param name="most">Bytes of the body at the most.</param>
    /// <param name="longest">How long it may take.</param>
    /// <exception cref="RefusedException">It is too large, too slow, cut off, no form, without a file, empty, or of another type.</exception>
    public static async Task<Upload> ReadAsync(HttpContext context, int most, TimeSpan longest)
    {
        var request = context.Request;
        if (request.ContentLength > most)
        {
            throw RefusedException.TooLarge($"the body: expected at most {most} bytes, found {request.ContentLength}.");
        }

        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
        {
            size.MaxRequestBodySize = most;
        }

        using var cancellation = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        cancellation.CancelAfter(longest);
        try
        {
            var source = await SourceAsync(request, cancellation.Token).ConfigureAwait(false);
            return await CopyAsync(source, most, cancellation.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!context.RequestAborted.IsCancellationRequested)
        {
            throw new RefusedException(
                StatusCodes.Status408RequestTimeout,
                string.Create(CultureInfo.InvariantCulture, $"the body: expected all of it within {longest.TotalSeconds} s, found that it goes on."));
        }
        catch (BadHttpRequestException e) when (e.StatusCode == StatusCodes.Status413PayloadTooLarge)
        {
            throw RefusedException.TooLarge($"the body: expected at most {most} bytes, found more.");
        }
        catch (Exception e) when (e is ConnectionResetException or BadHttpRequestException { StatusCode: StatusCodes.Status400BadRequest })
        {
            // Of a client that left Kestrel tells here first, and by the token a moment later, on another thread.
            await Task.Delay(MostDelayOfToken, context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            throw RefusedException.BadRequest($"the body: {e.Message}");
        }
        catch (BadHttpRequestException e)
        {
            throw new RefusedException(e.StatusCode, $"the body: {e.Message}");
        }
        catch (Exception e) when (e is InvalidDataException or IOException)
        {
            throw RefusedException.BadRequest($"the body: expected {Expected}, found one that cannot be read: {e.Message}");
        }
    }

    /// <summary>What a picture's header says.</summary>
    /// <param name="most">Width · height.</param>
    /// <exception cref="RefusedException">It is no picture, or too large.</exception>
    public void Check(long most)
    {
        try
        {
            using var stream = new MemoryStream(bytes, 0, length, writable: false);
            var header = ImageFile.Codec.ReadHeader(stream, ServedDetector.UploadName);
            if (header.Pixels > most)
            {
                throw RefusedException.TooLarge(
                    $"{ServedDetector.UploadName}: expected at most {most} pixels, found a picture of {header.Width}×{header.Height}.");
            }
        }
        catch (InvalidImageException e)
        {
            throw RefusedException.WrongType(e.Message);
        }
    }

    public void Dispose()
    {
        var rented = bytes;
        (bytes, length) = ([], 0);
        if (rented.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    private static async Task<Stream> SourceAsync(HttpRequest request, CancellationToken cancellation)
    {
        if (string.IsNullOrEmpty(request.ContentType))
        {
            return request.Body;
        }

        var isType = MediaTypeHeaderValue.TryParse(request.ContentType, out var type);
        return type?.MediaType.Value switch
        {
            _ when isType && type!.Type.Equals("image", StringComparison.OrdinalIgnoreCase) => request.Body,
            { } media when media.Equals("application/octet-stream", StringComparison.OrdinalIgnoreCase) => request.Body,
            { } media when media.Equals("multipart/form-data", StringComparison.OrdinalIgnoreCase) =>
                await FirstFileAsync(type!, request.Body, cancellation).ConfigureAwait(false),
            _ => throw RefusedException.WrongType($"Content-Type: expected {Expected}, found '{DetectQuery.Shortened(request.ContentType)}'."),
        };
    }

    private static async Task<Stream> FirstFileAsync(MediaTypeHeaderValue type, Stream body, CancellationToken cancellation)
    {
        var boundary = HeaderUtilities.RemoveQuotes(type.Boundary);
        if (boundary.Length is 0 or > MostBoundary)
        {
            throw RefusedException.BadRequest($"Content-Type: expected a boundary of 1 to {MostBoundary} characters, found {boundary.Length}.");
        }

        var reader = new MultipartReader(boundary.Value!, body);
        var fields = 0;
        while (await reader.ReadNextSectionAsync(cancellation).ConfigureAwait(false) is { } section)
        {
            if (section.AsFileSection()?.FileStream is { } file)
            {
                return file;
            }

            fields++;
        }

        throw RefusedException.BadRequest($"the form: expected a file, found {fields} fields and none.");
    }

    private static async Task<Upload> CopyAsync(Stream source, int most, CancellationToken cancellation)
    {
        var upload = new Upload();
        try
        {
            while (true)
            {
                upload.Reserve();
                var read = await source.ReadAsync(upload.bytes.AsMemory(upload.length), cancellation).ConfigureAwait(false);
                if (read == 0)
                {
                    return upload.length > 0 ? upload : throw RefusedException.BadRequest("the picture: expected a file, found no bytes.");
                }

                upload.length += read;
                if (upload.length > most)
                {
                    throw RefusedException.TooLarge($"the body: expected at most {most} bytes, found more.");
                }
            }
        }
        catch
        {
            upload.Dispose();
            throw;
        }
    }

    private void Reserve()
    {
        if (length < bytes.Length)
        {
            return;
        }

        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(1 << 16, (int)Math.Min(Array.MaxLength, 2L * length)));
        var kept = length;
        bytes.AsSpan(0, kept).CopyTo(larger);
        Dispose();
        (bytes, length) = (larger, kept);
    }
}
