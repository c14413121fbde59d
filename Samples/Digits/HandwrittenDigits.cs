using System.Globalization;
using System.IO.Compression;

namespace Digits;

/// <summary>One handwritten digit: 8×8 blocks, in each the number of inked dots of 16.</summary>
/// <param name="Digit">Which it is.</param>
/// <param name="Ink">[8, 8], 0 to 16.</param>
internal sealed record HandwrittenDigit(Digit Digit, float[] Ink)
{
    /// <summary>Blocks in a row and rows.</summary>
    public const int Side = 8;

    /// <summary>The 1797 digits of 13 people that <c>digits.csv.gz</c> holds (NOTICE says whose they are), in its order.</summary>
    public static IReadOnlyList<HandwrittenDigit> ReadAll()
    {
        using var file = typeof(HandwrittenDigit).Assembly.GetManifestResourceStream("digits.csv.gz")!;
        using var lines = new StreamReader(new GZipStream(file, CompressionMode.Decompress));
        var digits = new List<HandwrittenDigit>();
        while (lines.ReadLine() is { } line)
        {
            var values = Array.ConvertAll(line.Split(','), v => float.Parse(v, CultureInfo.InvariantCulture));
            digits.Add(new HandwrittenDigit((Digit)(int)values[^1], values[..^1]));
        }

        return digits;
    }

    /// <summary>How dark it is at a place, 0 to 1: linear between the blocks' middles, and nothing outside.</summary>
    /// <param name="x">0 to 8, from left to right.</param>
    /// <param name="y">0 to 8, from top to bottom.</param>
    public float At(float x, float y)
    {
        var (column, row) = ((int)MathF.Floor(x - 0.5f), (int)MathF.Floor(y - 0.5f));
        var (u, v) = (x - 0.5f - column, y - 0.5f - row);
        var above = (Block(column, row) * (1 - u)) + (Block(column + 1, row) * u);
        var below = (Block(column, row + 1) * (1 - u)) + (Block(column + 1, row + 1) * u);
        return ((above * (1 - v)) + (below * v)) / 16;
    }

    private float Block(int column, int row) =>
        column is < 0 or >= Side || row is < 0 or >= Side ? 0 : Ink[(row * Side) + column];
}
