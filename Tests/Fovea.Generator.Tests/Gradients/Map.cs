using Fovea.Generator.Graph;

namespace Fovea.Generator.Tests.Gradients;

/// <summary>A feature map in double precision, NHWC.</summary>
internal sealed record Map(int N, int H, int W, int C, double[] Data)
{
    public Map(int n, int h, int w, int c)
        : this(n, h, w, c, new double[n * h * w * c])
    {
    }

    public ref double this[int n, int y, int x, int c] => ref Data[((((n * H) + y) * W) + x) * C + c];

    public static Map Like(Shape shape, int images, int height, int width) =>
        new(images, Shape.ExtentOf(height, shape.Halvings), Shape.ExtentOf(width, shape.Halvings), shape.Channels);

    public Map Select(Func<double, double> f) => this with { Data = Array.ConvertAll(Data, v => f(v)) };

    public Map Zip(Map other, Func<double, double, double> f) => this with { Data = [.. Data.Zip(other.Data, f)] };
}
