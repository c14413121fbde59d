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

    public Gate() => ImageFile.Codec = this;

    public string Name => inner.Name;

    public string Formats => inner.Formats;

    /// <summary>Pictures whose decoding has begun.</summary>
    public int Decoded => Volatile.Read(ref decoded);

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

        return inner.Decode(content, header, name);
    }

    public void Encode(RgbImage image, ImageFormat format, int quality, Stream destination) => inner.Encode(image, format, quality, destination);

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
}

/// <summary>Tests with a gate: one after the other.</summary>
[CollectionDefinition(Gate.Collection)]
public sealed class Gated;
