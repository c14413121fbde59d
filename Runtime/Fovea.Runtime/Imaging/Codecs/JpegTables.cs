namespace Fovea.Imaging.Codecs;

/// <summary>The tables of a JPEG file, as its segments set them one after the other.</summary>
/// <remarks>Source: ITU-T T.81, B.2.4.</remarks>
internal sealed class JpegTables
{
    private static readonly byte[] Natural =
    [
        0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21, 28,
        35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63,
    ];

    private readonly short[]?[] quantization = new short[4][];
    private readonly JpegHuffman?[] dc = new JpegHuffman[4];
    private readonly JpegHuffman?[] ac = new JpegHuffman[4];

    /// <summary>Units between two restarts; 0: none.</summary>
    public int RestartInterval { get; private set; }

    /// <summary>[64] in the order of rows.</summary>
    public short[] Quantization(int number) =>
        quantization[number] ?? throw ImageDataException.Damaged($"no quantisation table {number}");

    public JpegHuffman Dc(int number) =>
        Known(dc, number) is { IsOfDc: true } code ? code : throw ImageDataException.Damaged($"no code {number} of DC coefficients");

    public JpegHuffman Ac(int number) => Known(ac, number) ?? throw ImageDataException.Damaged($"no code {number} of AC coefficients");

    /// <param name="segment">DQT's data.</param>
    public void SetQuantization(ReadOnlySpan<byte> segment)
    {
        while (segment.Length > 0)
        {
            var (bytes, number) = (segment[0] >> 4 == 0 ? 1 : 2, segment[0] & 15);
            if (number > 3 || segment.Length < 1 + (64 * bytes))
            {
                throw ImageDataException.Damaged("a quantisation table that is not whole");
            }

            var table = new short[64];
            for (var i = 0; i < 64; i++)
            {
                table[Natural[i]] = (short)(bytes == 1 ? segment[1 + i] : (segment[1 + (2 * i)] << 8) | segment[2 + (2 * i)]);
            }

            quantization[number] = table;
            segment = segment[(1 + (64 * bytes))..];
        }
    }

    /// <param name="segment">DHT's data.</param>
    public void SetHuffman(ReadOnlySpan<byte> segment)
    {
        while (segment.Length > 0)
        {
            var (kind, number, count) = (segment[0] >> 4, segment[0] & 15, 0);
            for (var i = 1; i <= 16 && i < segment.Length; i++)
            {
                count += segment[i];
            }

            if (kind > 1 || number > 3 || count > 256 || segment.Length < 17 + count)
            {
                throw ImageDataException.Damaged("a Huffman code that is not whole");
            }

            (kind == 0 ? dc : ac)[number] = new JpegHuffman(segment.Slice(1, 16), segment.Slice(17, count));
            segment = segment[(17 + count)..];
        }
    }

    /// <param name="segment">DRI's data.</param>
    public void SetRestart(ReadOnlySpan<byte> segment) => RestartInterval = segment.Length == 2
        ? (segment[0] << 8) | segment[1]
        : throw ImageDataException.Damaged("a restart interval of another length than two");

    private static JpegHuffman? Known(JpegHuffman?[] codes, int number) => number < codes.Length ? codes[number] : null;
}
