namespace Fovea.Imaging.Codecs;

/// <summary>A Huffman code of a JPEG file.</summary>
/// <remarks>Source: ITU-T T.81, annex C and F.2.2.3.</remarks>
internal sealed class JpegHuffman
{
    /// <summary>Codes of no more bits are found at once.</summary>
    public const int ShortBits = 9;

    private const int MostBits = 16;

    private readonly byte[] symbols;

    /// <summary>For each length the first 16-bit number that is of a longer code.</summary>
    private readonly int[] ends = new int[MostBits + 1];

    /// <summary>For each length what takes a code to its symbol's place.</summary>
    private readonly int[] places = new int[MostBits + 1];

    /// <param name="counts">How many codes there are of 1 … 16 bits.</param>
    /// <param name="symbols">What they stand for, the shortest first.</param>
    public JpegHuffman(ReadOnlySpan<byte> counts, ReadOnlySpan<byte> symbols)
    {
        this.symbols = symbols.ToArray();
        var (code, place) = (0, 0);
        for (var length = 1; length <= MostBits; length++)
        {
            places[length] = place - code;
            for (var i = 0; i < counts[length - 1]; i++, code++, place++)
            {
                if (code >= 1 << length)
                {
                    throw ImageDataException.Damaged("a Huffman code with more codes than bits");
                }

                if (length <= ShortBits)
                {
                    Short.AsSpan(code << (ShortBits - length), 1 << (ShortBits - length)).Fill((ushort)((length << 8) | symbols[place]));
                }
            }

            ends[length] = code << (MostBits - length);
            code <<= 1;
        }
    }

    /// <summary>[512] by the next nine bits: length · 256 + symbol, or 0 where the code is longer.</summary>
    public ushort[] Short { get; } = new ushort[1 << ShortBits];

    /// <summary>Whether all symbols are lengths of DC differences.</summary>
    public bool IsOfDc => Array.TrueForAll(symbols, s => s <= 15);

    /// <summary>A longer code, by the next 16 bits: length · 256 + symbol; bits that are no code are 16 bits for 0.</summary>
    public ushort Find(int sixteen)
    {
        for (var length = ShortBits + 1; length <= MostBits; length++)
        {
            if (sixteen < ends[length])
            {
                var place = places[length] + (sixteen >> (MostBits - length));
                return (ushort)((length << 8) | ((uint)place < (uint)symbols.Length ? symbols[place] : 0));
            }
        }

        return MostBits << 8;
    }
}
