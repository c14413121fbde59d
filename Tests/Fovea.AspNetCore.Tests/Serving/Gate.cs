namespace Fovea.Tests.AspNetCore.Serving;

/// <summary>
/// Holds the decoding of pictures that are <see cref="Width"/> pixels wide until it is opened, so that a test sees a server at work. A codec
/// belongs to the process: tests that have one are in one collection, and no other's picture is as wide.
/// </summary>
internal sealed class Gate : IImageCodec, IDisposable
{
    public const string Collection = "gate";
    public const int Width = 37;

    private readonly IImageCodec inner = ImageFile.Codec;
    private readonly SemaphoreSlim held = new(0);
    private readonly SemaphoreSlim arrived = new(0);
    private int decoded;
    private int canvases;

    public Gate() => ImageFile.Codec = this;

    public string Name => inner.Name;

    public string Formats => inner.Formats;

    /// <summary>Pictures whose decoding has begun.</summary>
    public int Decoded => Volatile.Read(ref decoded);

    /// <summary>How often a picture of <see cref="TileDetector"/>'s canvas was read or written; no test sends one.</summary>
    public int Canvases => Volatile.Read(ref canvases);

    /// <summary>False: as where the application was built without the writer of JPEG.</summary>
    public bool WritesJpeg { get; set; } = true;

    /// <summary>What decoding throws, once it goes on.</summary>
    public Exception? Failure { get; set; }

    /// <summary>A picture that is held.</summary>
    public static byte[] Picture { get; } = Uploads.Encode(Pictures.Make(Width, 30, 5), ImageFormat.Png);

    public ImageHeader ReadHeader(Stream content, string name) => inner.ReadHeader(content, name);

    public RgbImage Decode(ReadOnlySpan<byte> content, in ImageHeader header, string name)
    {
        if (header.Width == Width)
        {
            Interlocked.Increment(ref decoded);
            arrived.Release();
            Assert.True(held.Wait(TimeSpan.FromSeconds(60)), "nobody opened the gate");
            if (Failure is { } failure)
            {
                throw failure;
            }
        }

        Count(header.Width, header.Height);
        return inner.Decode(content, header, name);
    }

    public void Encode(RgbImage image, ImageFormat format, int quality, Stream destination)
    {
        Count(image.Width, image.Height);
        if (format == ImageFormat.Jpeg && !WritesJpeg)
        {
            throw new NotSupportedException("JPEG files are not written here");
        }

        inner.Encode(image, format, quality, destination);
    }

    /// <summary>Waits until so many more pictures are held.</summary>
    public async Task ArriveAsync(int count = 1)
    {
        for (var i = 0; i < count; i++)
        {
            Assert.True(await arrived.WaitAsync(TimeSpan.FromSeconds(60)), $"{i} of {count} came");
        }
    }

    public void Open(int count = 1) => held.Release(count);

    public void Dispose()
    {
        ImageFile.Codec = inner;
        held.Release(1000);
    }

    private void Count(int width, int height)
    {
        if ((width, height) == (64, 64))
        {
            Interlocked.Increment(ref canvases);
        }
    }
}

/// <summary>Tests with a gate: one after the other.</summary>
[CollectionDefinition(Gate.Collection)]
public sealed class Gated;
