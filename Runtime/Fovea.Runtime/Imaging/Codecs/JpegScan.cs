namespace Fovea.Imaging.Codecs;

/// <summary>A scan of a JPEG file: which coefficients of which components it has, by which codes.</summary>
/// <remarks>Source: ITU-T T.81, B.2.3, F.2.2 and G.1.2; libjpeg's jdphuff.c for what files do that are not by the book.</remarks>
internal sealed class JpegScan
{
    /// <summary>Where a coefficient lies in its block; what damaged data count beyond the block lies at its end.</summary>
    private static readonly byte[] Order =
    [
        0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21, 28,
        35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63,
        63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63,
    ];

    private const int MostBlocksOfUnit = 10;

    private readonly JpegFrame frame;
    private readonly JpegTables tables;
    private readonly (JpegComponent Component, JpegHuffman? Dc, JpegHuffman? Ac)[] parts;
    private readonly int first;
    private readonly int last;
    private readonly bool isRefining;
    private readonly int shift;
    private readonly int[] before;
    private readonly short[] block = new short[64];
    private int emptyBlocks;

    /// <param name="frame">Has memory.</param>
    /// <param name="tables">As they are before this scan.</param>
    /// <param name="segment">SOS's length and data.</param>
    public JpegScan(JpegFrame frame, JpegTables tables, ReadOnlySpan<byte> segment)
    {
        (this.frame, this.tables) = (frame, tables);
        var count = segment.Length > 2 ? segment[2] : 0;
        if (count is < 1 or > 4 || segment.Length != 6 + (2 * count))
        {
            throw ImageDataException.Damaged("a scan of another length than its components take");
        }

        (first, last, shift) = (segment[^3], segment[^2], segment[^1] & 15);
        isRefining = segment[^1] >> 4 != 0;
        if (!frame.IsProgressive)
        {
            (first, last, shift, isRefining) = (0, 63, 0, false);
        }
        else if (first > last || last > 63 || shift > 13 || (first == 0 ? last != 0 : count != 1))
        {
            throw ImageDataException.Damaged($"a scan of the coefficients {first} to {last} of {count} components");
        }

        parts = new (JpegComponent, JpegHuffman?, JpegHuffman?)[count];
        for (var i = 0; i < count; i++)
        {
            var (id, codes) = (segment[3 + (2 * i)], segment[4 + (2 * i)]);
            var component = Array.Find(frame.Components, c => c.Id == id) ?? throw ImageDataException.Damaged($"a scan of a component {id}");
            parts[i] = (component, NeedsDc ? tables.Dc(codes >> 4) : null, NeedsAc ? tables.Ac(codes & 15) : null);
        }

        before = new int[count];
        if (count > 1 && parts.Sum(p => p.Component.Across * p.Component.Down) > MostBlocksOfUnit)
        {
            throw ImageDataException.Damaged($"a scan of more than {MostBlocksOfUnit} blocks in a unit");
        }
    }

    private bool NeedsDc => first == 0 && !isRefining;

    private bool NeedsAc => last > 0;

    /// <summary>Takes in the scan's data: samples, or a part of the coefficients.</summary>
    public void Read(ReadOnlySpan<byte> data)
    {
        // The blocks of a single component are those that it fills; of several, units that overlap the edge are whole.
        var single = parts.Length == 1 ? parts[0].Component : null;
        var (wide, high) = single is null ? (frame.UnitsWide, frame.UnitsHigh) : ((single.Width + 7) / 8, (single.Height + 7) / 8);
        var bits = new JpegBits(data);
        var toRestart = tables.RestartInterval;
        for (var y = 0; y < high; y++)
        {
            for (var x = 0; x < wide; x++)
            {
                if (tables.RestartInterval > 0 && toRestart-- == 0)
                {
                    bits.Restart();
                    Array.Clear(before);
                    (emptyBlocks, toRestart) = (0, tables.RestartInterval - 1);
                }

                // What is missing up to the next restart stays as it is.
                if (bits.IsExhausted)
                {
                    continue;
                }

                if (single is not null)
                {
                    Block(ref bits, 0, x, y);
                }
                else
                {
                    Unit(ref bits, x, y);
                }
            }
        }
    }

    private void Unit(ref JpegBits bits, int x, int y)
    {
        for (var i = 0; i < parts.Length; i++)
        {
            var (across, down) = (parts[i].Component.Across, parts[i].Component.Down);
            for (var v = 0; v < down; v++)
            {
                for (var h = 0; h < across; h++)
                {
                    Block(ref bits, i, (x * across) + h, (y * down) + v);
                }
            }
        }
    }

    private void Block(ref JpegBits bits, int part, int x, int y)
    {
        var component = parts[part].Component;
        if (!frame.IsProgressive)
        {
            var end = Sequential(ref bits, part);
            JpegTransform.ToSamples(
                block, tables.Quantization(component.Table), end == 0, component.Samples.AsSpan((y * 8 * component.Stride) + (x * 8)), component.Stride);
            if (end > 0)
            {
                block.AsSpan().Clear();
            }

            return;
        }

        var coefficients = component.Coefficients.AsSpan(64 * ((y * component.BlocksWide) + x), 64);
        switch (first, isRefining)
        {
            case (0, false):
                before[part] += bits.TakeSigned(bits.Symbol(parts[part].Dc!));
                coefficients[0] = (short)(before[part] << shift);
                break;
            case (0, true):
                coefficients[0] |= (short)(bits.TakeBit() ? 1 << shift : 0);
                break;
            case (_, false):
                First(ref bits, parts[part].Ac!, coefficients);
                break;
            default:
                Refine(ref bits, parts[part].Ac!, coefficients);
                break;
        }
    }

    /// <summary>A whole block; the place of its last coefficient.</summary>
    private int Sequential(ref JpegBits bits, int part)
    {
        var (_, dc, ac) = parts[part];
        before[part] += bits.TakeSigned(bits.Symbol(dc!));
        block[0] = (short)before[part];
        var end = 0;
        for (var k = 1; k < 64; k++)
        {
            var symbol = bits.Symbol(ac!);
            var (run, length) = (symbol >> 4, symbol & 15);
            if (length == 0)
            {
                if (run < 15)
                {
                    break;
                }

                k += 15;
                continue;
            }

            k += run;
            end = k;
            block[Order[k]] = (short)bits.TakeSigned(length);
        }

        return end;
    }

    private void First(ref JpegBits bits, JpegHuffman code, Span<short> coefficients)
    {
        if (emptyBlocks > 0)
        {
            emptyBlocks--;
            return;
        }

        for (var k = first; k <= last; k++)
        {
            var symbol = bits.Symbol(code);
            var (run, length) = (symbol >> 4, symbol & 15);
            if (length > 0)
            {
                k += run;
                coefficients[Order[k]] = (short)(bits.TakeSigned(length) << shift);
            }
            else if (run == 15)
            {
                k += 15;
            }
            else
            {
                emptyBlocks = (1 << run) + bits.Take(run) - 1;
                break;
            }
        }
    }

    private void Refine(ref JpegBits bits, JpegHuffman code, Span<short> coefficients)
    {
        var k = first;
        if (emptyBlocks == 0)
        {
            for (; k <= last; k++)
            {
                var symbol = bits.Symbol(code);
                var (run, value) = (symbol >> 4, 0);
                if ((symbol & 15) != 0)
                {
                    value = bits.TakeBit() ? 1 << shift : -1 << shift;
                }
                else if (run < 15)
                {
                    emptyBlocks = (1 << run) + bits.TakeLate(run);
                    break;
                }

                // The run is of coefficients that are zero; those that are not get their next bit on the way.
                k = Correct(ref bits, coefficients, k, run);
                if (value != 0)
                {
                    coefficients[Order[k]] = (short)value;
                }
            }
        }

        if (emptyBlocks > 0)
        {
            Correct(ref bits, coefficients, k, int.MaxValue);
            emptyBlocks--;
        }
    }

    /// <summary>Gives the next bit to all that is not zero, up to the zero behind so many zeros; where that is.</summary>
    private int Correct(ref JpegBits bits, Span<short> coefficients, int k, int zeros)
    {
        for (; k <= last; k++)
        {
            ref var coefficient = ref coefficients[Order[k]];
            if (coefficient == 0)
            {
                if (zeros-- == 0)
                {
                    break;
                }
            }
            else if (bits.TakeBit() && (coefficient & (1 << shift)) == 0)
            {
                coefficient += (short)(coefficient > 0 ? 1 << shift : -1 << shift);
            }
        }

        return k;
    }
}
