using System.Buffers;

namespace Fovea.Imaging.Codecs;

/// <summary>What a JPEG file's components are.</summary>
internal enum JpegColors
{
    Gray,
    Rgb,
    YCbCr,
    Cmyk,
    Ycck,
}

/// <summary>A JPEG file's frame: size, components and what they are. Borrows their memory until it is disposed of.</summary>
/// <remarks>Source: ITU-T T.81, B.2.2 and A.1.1. Colour spaces are told as libjpeg tells them (jdapimin.c, default_decompress_parms).</remarks>
internal sealed class JpegFrame : IDisposable
{
    private JpegFrame(int width, int height, bool isProgressive, JpegColors colors, JpegComponent[] components)
    {
        (Width, Height, IsProgressive, Colors, Components) = (width, height, isProgressive, colors, components);
        (Across, Down) = (components.Max(c => c.Across), components.Max(c => c.Down));
        (UnitsWide, UnitsHigh) = (DivideUp(width, 8 * Across), DivideUp(height, 8 * Down));
        foreach (var c in components)
        {
            c.Width = DivideUp(width * (long)c.Across, Across);
            c.Height = DivideUp(height * (long)c.Down, Down);
            (c.WidthFactor, c.HeightFactor) = (Across / c.Across, Down / c.Down);
            if (Across % c.Across != 0 || Down % c.Down != 0)
            {
                throw ImageDataException.NotSupported("components whose sizes are no multiples of one another");
            }
        }
    }

    public int Width { get; }

    public int Height { get; }

    public bool IsProgressive { get; }

    public JpegColors Colors { get; }

    public JpegComponent[] Components { get; }

    /// <summary>Columns and rows of blocks in an interleaved unit, of the largest component.</summary>
    public int Across { get; }

    public int Down { get; }

    public int UnitsWide { get; }

    public int UnitsHigh { get; }

    /// <param name="segment">SOF's length and data.</param>
    /// <param name="isProgressive">Whether coefficients come in several scans.</param>
    /// <param name="hasJfif">Whether JFIF's marker came before: three components are then YCbCr.</param>
    /// <param name="adobe">What Adobe's marker says of colours, −1 without one.</param>
    public static JpegFrame Read(ReadOnlySpan<byte> segment, bool isProgressive, bool hasJfif, int adobe)
    {
        var count = segment.Length >= 8 ? segment[7] : 0;
        if (segment.Length != 8 + (3 * count))
        {
            throw ImageDataException.Damaged("a frame of another length than its components take");
        }

        if (segment[2] != 8)
        {
            throw ImageDataException.NotSupported($"samples of {segment[2]} bits");
        }

        var components = new JpegComponent[count];
        for (var i = 0; i < count; i++)
        {
            var of = segment.Slice(8 + (3 * i), 3);
            components[i] = new JpegComponent(of[0], of[1] >> 4, of[1] & 15, of[2]);
        }

        var colors = count switch
        {
            1 => JpegColors.Gray,
            3 => IsRgb(components, hasJfif, adobe) ? JpegColors.Rgb : JpegColors.YCbCr,
            4 => adobe > 0 ? JpegColors.Ycck : JpegColors.Cmyk,
            _ => throw ImageDataException.NotSupported($"{count} components"),
        };
        return new JpegFrame((segment[5] << 8) | segment[6], (segment[3] << 8) | segment[4], isProgressive, colors, components);
    }

    /// <summary>Borrows memory for all blocks.</summary>
    public void Allocate()
    {
        foreach (var c in Components)
        {
            c.Allocate(UnitsWide * c.Across, UnitsHigh * c.Down, IsProgressive);
        }
    }

    public void Dispose() => Array.ForEach(Components, c => c.Dispose());

    private static bool IsRgb(JpegComponent[] components, bool hasJfif, int adobe) =>
        !hasJfif && (adobe == 0 || (adobe < 0 && components[0].Id == 'R' && components[1].Id == 'G' && components[2].Id == 'B'));

    private static int DivideUp(long value, int by) => (int)((value + by - 1) / by);
}

/// <summary>A component of a JPEG file.</summary>
internal sealed class JpegComponent : IDisposable
{
    public JpegComponent(byte id, int across, int down, int table)
    {
        if (across is < 1 or > 4 || down is < 1 or > 4 || table > 3)
        {
            throw ImageDataException.Damaged($"a component of {across}×{down} blocks with table {table}");
        }

        (Id, Across, Down, Table) = (id, across, down, table);
    }

    public byte Id { get; }

    /// <summary>Columns and rows of its blocks in an interleaved unit.</summary>
    public int Across { get; }

    public int Down { get; }

    /// <summary>Number of the quantisation table.</summary>
    public int Table { get; }

    /// <summary>In samples, without what fills blocks up.</summary>
    public int Width { get; set; }

    public int Height { get; set; }

    /// <summary>Columns and rows of the picture for each sample.</summary>
    public int WidthFactor { get; set; }

    public int HeightFactor { get; set; }

    public int BlocksWide { get; private set; }

    public int BlocksHigh { get; private set; }

    /// <summary>Bytes from a row of samples to the next.</summary>
    public int Stride => 8 * BlocksWide;

    /// <summary>[8 · BlocksHigh, Stride].</summary>
    public byte[] Samples { get; private set; } = [];

    /// <summary>[BlocksHigh, BlocksWide, 64] of a progressive frame.</summary>
    public short[] Coefficients { get; private set; } = [];

    public ReadOnlySpan<byte> Row(int y) => Samples.AsSpan(y * Stride, Stride);

    public void Allocate(int wide, int high, bool isProgressive)
    {
        (BlocksWide, BlocksHigh) = (wide, high);
        var length = checked(64 * wide * high);
        Samples = ArrayPool<byte>.Shared.Rent(length);

        // Blocks that no scan has are gray.
        Samples.AsSpan(0, length).Fill(128);
        if (isProgressive)
        {
            Coefficients = ArrayPool<short>.Shared.Rent(length);
            Coefficients.AsSpan(0, length).Clear();
        }
    }

    public void Dispose()
    {
        Return(ArrayPool<byte>.Shared, Samples);
        Return(ArrayPool<short>.Shared, Coefficients);
        (Samples, Coefficients) = ([], []);
    }

    private static void Return<T>(ArrayPool<T> pool, T[] array)
    {
        if (array.Length > 0)
        {
            pool.Return(array);
        }
    }
}
