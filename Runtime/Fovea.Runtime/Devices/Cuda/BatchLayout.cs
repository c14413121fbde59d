using System.Runtime.InteropServices;

namespace Fovea.Devices;

/// <summary>
/// Where a batch lies in memory on its way to the device, in bytes: the ground truth as the plan has it (counts [N], classes [N, capacity],
/// boxes [N, capacity, 4]), then each image, of bytes or of a canvas's floats.
/// </summary>
internal sealed class BatchLayout
{
    /// <summary>For the widest loads of kernels and copies.</summary>
    private const long Alignment = 256;
    private long[] images = [];
    private int count;
    private int capacity;

    /// <summary>Where the classes begin; the counts are at 0.</summary>
    public long Classes { get; private set; }

    public long Boxes { get; private set; }

    /// <summary>Of all.</summary>
    public long Bytes { get; private set; }

    public long ImageAt(int image) => images[image];

    /// <summary>Finds a place for everything.</summary>
    public void Set(Batch batch, int boxesPerImage)
    {
        (count, capacity) = (batch.Count, boxesPerImage);
        images = images.Length < count ? new long[count] : images;
        Classes = Align((long)count * sizeof(int));
        Boxes = Align(Classes + ((long)count * capacity * sizeof(int)));
        var end = Align(Boxes + ((long)count * capacity * 4 * sizeof(float)));
        for (var i = 0; i < count; i++)
        {
            images[i] = end;
            end = Align(end + ImageBytes(batch, i).Length);
        }

        Bytes = end;
    }

    /// <summary>Copies the batch to its places.</summary>
    /// <param name="batch">That the places were found for.</param>
    /// <param name="memory">Of <see cref="Bytes"/> bytes.</param>
    public unsafe void Fill(Batch batch, nint memory)
    {
        var counts = new Span<int>((void*)memory, count);
        for (var i = 0; i < count; i++)
        {
            counts[i] = batch.TruthClassesOf(i).Length;
            batch.TruthClassesOf(i).CopyTo(new Span<int>((int*)(memory + Classes) + ((long)i * capacity), capacity));
            batch.TruthBoxesOf(i).CopyTo(new Span<float>((float*)(memory + Boxes) + ((long)i * capacity * 4), capacity * 4));
            var image = ImageBytes(batch, i);
            image.CopyTo(new Span<byte>((void*)(memory + images[i]), image.Length));
        }
    }

    private static ReadOnlySpan<byte> ImageBytes(Batch batch, int image) => batch.SourceOf(image) is { } source
        ? source.Pixels
        : MemoryMarshal.AsBytes(batch.PixelsOf(image));

    private static long Align(long bytes) => (bytes + Alignment - 1) / Alignment * Alignment;
}
