using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using Fovea.CompilerServices;
using Fovea.Detection;

namespace Fovea.Tests.Goldens;

/// <summary>How detection goldens write pairs, boxes and torchvision's default anchors.</summary>
internal static class GoldenDetection
{
    public static (int Height, int Width) Pair(JsonElement e) => (e[0].GetInt32(), e[1].GetInt32());

    public static (int Height, int Width)[] Pairs(JsonElement e) => [.. e.EnumerateArray().Select(Pair)];

    public static float[] Floats(JsonElement e) => [.. e.EnumerateArray().Select(v => v.GetSingle())];

    public static Box[] Boxes(GoldenTensor tensor) => MemoryMarshal.Cast<float, Box>(tensor.F32).ToArray();

    public static float[] Flat(Box[] boxes) => MemoryMarshal.Cast<Box, float>(boxes).ToArray();

    public static float[] Flat(BoxDeltas[] deltas) => MemoryMarshal.Cast<BoxDeltas, float>(deltas).ToArray();

    /// <summary>The number after the name's last dot.</summary>
    public static int Number(string name) => int.Parse(name[(name.LastIndexOf('.') + 1)..], CultureInfo.InvariantCulture);

    /// <summary>torchvision's _default_anchorgen: (s, int(s·2^⅓), int(s·2^⅔)) for s = 32 … 512, ratios ½, 1, 2.</summary>
    public static AnchorLevel[] DefaultLevels() =>
        [.. new[] { 32, 64, 128, 256, 512 }.Select(
            s => new AnchorLevel([s, (int)(s * Math.Pow(2, 1 / 3.0)), (int)(s * Math.Pow(2, 2 / 3.0))], [0.5f, 1, 2]))];

    /// <summary>Cells of P3 … P7: the canvas halved, rounding up, three times and so on.</summary>
    public static (int Height, int Width)[] Grids(int height, int width)
    {
        var grids = new (int Height, int Width)[5];
        for (var i = 1; i <= 7; i++)
        {
            (height, width) = ((height + 1) / 2, (width + 1) / 2);
            if (i >= 3)
            {
                grids[i - 3] = (height, width);
            }
        }

        return grids;
    }
}
