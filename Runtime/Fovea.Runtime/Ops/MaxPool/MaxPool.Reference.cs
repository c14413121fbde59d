using Fovea.CompilerServices;

namespace Fovea.Ops.MaxPool;

/// <summary>
/// 3×3 maximum, stride 2, padding 1, in double: the contract, and the oracle.
/// <code>
/// y[n, i, j, c] = max over r, s ∈ 0…2 of x[n, 2i − 1 + r, 2j − 1 + s, c]     −∞ outside x
/// dx[n, h, w, c] = Σ dy[n, i, j, c] over the windows whose first maximum, row by row, is (h, w)
/// </code>
/// Shapes: x, dx [N, H, W, C]; y, dy [N, ⌈H/2⌉, ⌈W/2⌉, C]. dx overwrites. Nothing may alias.
/// Source: ResNet's stem, torch.nn.MaxPool2d(3, 2, 1).
/// </summary>
internal static class MaxPoolReference
{
    /// <summary>The output's shape; the offset is the input's.</summary>
    public static FeatureMap OutputOf(FeatureMap x) => x with { Height = (x.Height + 1) / 2, Width = (x.Width + 1) / 2 };

    public static void Forward(FeatureMap shape, ReadOnlySpan<double> x, Span<double> y)
    {
        for (var i = 0; i < y.Length; i++)
        {
            y[i] = x[FirstMaximum(shape, x, i)];
        }
    }

    public static void Backward(FeatureMap shape, ReadOnlySpan<double> x, ReadOnlySpan<double> dy, Span<double> dx)
    {
        dx.Clear();
        for (var i = 0; i < dy.Length; i++)
        {
            dx[FirstMaximum(shape, x, i)] += dy[i];
        }
    }

    private static int FirstMaximum(FeatureMap shape, ReadOnlySpan<double> x, int outputIndex)
    {
        var output = OutputOf(shape);
        var c = outputIndex % shape.Channels;
        var j = outputIndex / shape.Channels % output.Width;
        var i = outputIndex / shape.Channels / output.Width % output.Height;
        var n = outputIndex / shape.Channels / output.Width / output.Height;
        var best = -1;
        for (var h = Math.Max(0, (2 * i) - 1); h < Math.Min(shape.Height, (2 * i) + 2); h++)
        {
            for (var w = Math.Max(0, (2 * j) - 1); w < Math.Min(shape.Width, (2 * j) + 2); w++)
            {
                var at = (((((n * shape.Height) + h) * shape.Width) + w) * shape.Channels) + c;
                if (best < 0 || x[at] > x[best] || double.IsNaN(x[at]))
                {
                    best = at;
                }
            }
        }

        return best;
    }
}
