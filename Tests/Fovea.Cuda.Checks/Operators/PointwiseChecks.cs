namespace Fovea.Cuda.Checks.Operators;

/// <summary>ReLU, its gradient, sums; values to and from float32.</summary>
internal static class PointwiseChecks
{
    public static IEnumerable<OperatorCheck> All =>
        from shape in (int[][])[[1, 1, 1, 1], [2, 3, 5, 7], [1, 4, 4, 64], [3, 9, 11, 13]]
        from check in (OperatorCheck[])
        [
            new($"Relu {string.Join('×', shape)}", rig => Relu(rig, shape)),
            new($"ReluBackward {string.Join('×', shape)}", rig => ReluBackward(rig, shape, false)),
            new($"ReluBackward + accumulate {string.Join('×', shape)}", rig => ReluBackward(rig, shape, true)),
            new($"Add {string.Join('×', shape)}", rig => Add(rig, shape)),
            new($"Write and read {string.Join('×', shape)}", rig => WriteAndRead(rig, shape)),
        ]
        select check;

    private static void Relu(CudaRig rig, int[] s)
    {
        var x = rig.Rounded(Numbers.Random(1, Length(s)));
        var y = rig.Map(s[0], s[1], s[2], s[3]);
        rig.Backend.Relu(rig.Map(s[0], s[1], s[2], s[3], x), y);
        Check.Same<float>("y", Array.ConvertAll(x, v => Math.Max(0, v)), rig.Read(y));
    }

    private static void ReluBackward(CudaRig rig, int[] s, bool accumulates)
    {
        var (y, dy) = (rig.Rounded(Numbers.Random(1, Length(s))), rig.Rounded(Numbers.Random(2, Length(s))));
        var a = rig.Rounded(Numbers.Random(3, Length(s)));
        var dx = rig.Map(s[0], s[1], s[2], s[3], dy);
        var accumulate = accumulates ? rig.Map(s[0], s[1], s[2], s[3], a) : default;
        rig.Backend.ReluBackward(rig.Map(s[0], s[1], s[2], s[3], y), dx, dx, accumulate);
        var expected = y.Select((v, i) => (v > 0 ? dy[i] : 0) + (accumulates ? (double)a[i] : 0)).ToArray();
        Check.Close("dx", expected, rig.Read(dx), rig.Epsilon);
    }

    private static void Add(CudaRig rig, int[] s)
    {
        var (a, b) = (rig.Rounded(Numbers.Random(1, Length(s))), rig.Rounded(Numbers.Random(2, Length(s))));
        var y = rig.Map(s[0], s[1], s[2], s[3], a);
        rig.Backend.Add(y, rig.Map(s[0], s[1], s[2], s[3], b), y);
        Check.Close("y", a.Select((v, i) => (double)v + b[i]).ToArray(), rig.Read(y), rig.Epsilon);
    }

    private static void WriteAndRead(CudaRig rig, int[] s)
    {
        var values = Numbers.Random(1, Length(s));
        var map = rig.Map(s[0], s[1], s[2], s[3]);
        var read = new float[values.Length];
        rig.Context.Write(map, values);
        rig.Context.Read(map, read);
        Check.Same<float>("stored", rig.Rounded(values), rig.Read(map));
        Check.Same<float>("read", rig.Rounded(values), read);
    }

    private static long Length(int[] s) => (long)s[0] * s[1] * s[2] * s[3];
}
