using System.Runtime.CompilerServices;

namespace Fovea;

/// <summary>Pictures one after the other in a stream of bytes, without a header: what <c>ffmpeg -f rawvideo -pix_fmt rgb24</c> writes.</summary>
public static class RawVideo
{
    /// <summary>Reads pictures until the stream ends, each when it is asked for.</summary>
    /// <param name="stream">Bytes of red, green, blue, rows from top to bottom; read from its position, stays open.</param>
    /// <param name="width">In pixels.</param>
    /// <param name="height">In pixels.</param>
    /// <param name="cancellationToken">Heeded while bytes are waited for, as far as the stream heeds it.</param>
    /// <exception cref="InvalidDataException">The stream ends within a picture.</exception>
    public static IAsyncEnumerable<RgbImage> ReadAsync(
        Stream stream, int width, int height, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(width);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(height);
        return ReadAllAsync(stream, width, height, cancellationToken);
    }

    private static async IAsyncEnumerable<RgbImage> ReadAllAsync(
        Stream stream, int width, int height, [EnumeratorCancellation] CancellationToken cancellation)
    {
        for (var frame = 0L; ; frame++)
        {
            var image = new RgbImage(width, height);
            var read = await stream.ReadAtLeastAsync(image.Pixels, image.Pixels.Length, throwOnEndOfStream: false, cancellation)
                .ConfigureAwait(false);
            if (read == 0)
            {
                yield break;
            }

            if (read < image.Pixels.Length)
            {
                throw new InvalidDataException(FormattableString.Invariant(
                    $"The stream ends within frame {frame}: {width}×{height} pixels of 3 bytes take {image.Pixels.Length} bytes, found {read}. ")
                    + "Check the size, and that pixels are rgb24.");
            }

            yield return image;
        }
    }
}
