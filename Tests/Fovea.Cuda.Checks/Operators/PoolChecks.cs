using Fovea.Ops.Conv;
using Fovea.Ops.MaxPool;
using Fovea.Ops.Upsample;
using Fovea.CompilerServices;

namespace Fovea.Cuda.Checks.Operators;

/// <summary>Max pooling and its gradient, nearest upsampling and its gradient.</summary>
internal static class PoolChecks
{
    /// <summary>N, H, W, C: one cell, odd and even sides, packs and single channels, none.</summary>
    private static readonly int[][] Shapes =
        [[1, 1, 1, 3], [2, 2, 2, 1], [1, 1, 2, 7], [2, 11, 8, 3], [1, 9, 13, 24], [2, 7, 6, 64], [3, 4, 5, 4], [0, 6, 6, 8]];

    /// <summary>N, H, W, C, Htop, Wtop.</summary>
    private static readonly int[][] Pyramids =
        [[1, 1, 1, 3, 1, 1], [2, 13, 7, 8, 7, 4], [1, 8, 6, 7, 4, 3], [2, 5, 9, 64, 3, 5], [1, 3, 4, 4, 5, 6], [1, 20, 11, 1, 3, 4]];

    public static IEnumerable<OperatorCheck> All =>
    [
        .. from s in Shapes
           from ties in (bool[])[false, true]
           let text = string.Join('×', s) + (ties ? " with ties" : "")
           from check in (OperatorCheck[])
           [
               new($"MaxPool {text}", rig => MaxPool(rig, s, ties)),
               new($"MaxPoolBackward {text}", rig => MaxPoolBackward(rig, s, ties)),
           ]
           select check,
        new("MaxPool NaN shows", NotANumber),
        .. from s in Pyramids
           let text = string.Join('×', s)
           from check in (OperatorCheck[])
           [
               new($"UpsampleAdd {text}", rig => UpsampleAdd(rig, s, false)),
               new($"UpsampleAdd y=x {text}", rig => UpsampleAdd(rig, s, true)),
               new($"UpsampleBackward {text}", rig => UpsampleBackward(rig, s, false, false)),
               new($"UpsampleBackward + accumulate {text}", rig => UpsampleBackward(rig, s, true, false)),
               new($"UpsampleBackward + accumulate dtop=accumulate {text}", rig => UpsampleBackward(rig, s, true, true)),
           ]
           select check,
    ];

    private static float[] Values(CudaRig rig, FeatureMap shape, bool ties)
    {
        var values = rig.Rounded(Numbers.Random(1, shape.Length));
        return ties ? Array.ConvertAll(values, v => MathF.Round(v * 2) / 2) : values;
    }

    private static void MaxPool(CudaRig rig, int[] s, bool ties)
    {
        var shape = new FeatureMap(0, s[0], s[1], s[2], s[3]);
        var values = Values(rig, shape, ties);
        var o = MaxPoolReference.OutputOf(shape);
        var y = rig.Map(o.Images, o.Height, o.Width, o.Channels);
        rig.Backend.MaxPool(rig.Map(s[0], s[1], s[2], s[3], values), y);
        var expected = new double[o.Length];
        MaxPoolReference.Forward(shape, Numbers.Doubles(values), expected);
        Check.Same<float>("y", Array.ConvertAll(expected, v => (float)v), rig.Read(y));
    }

    private static void MaxPoolBackward(CudaRig rig, int[] s, bool ties)
    {
        var shape = new FeatureMap(0, s[0], s[1], s[2], s[3]);
        var values = Values(rig, shape, ties);
        var o = MaxPoolReference.OutputOf(shape);
        var dyValues = rig.Rounded(Numbers.Random(2, o.Length));
        var (x, dx) = (rig.Map(s[0], s[1], s[2], s[3], values), rig.Map(s[0], s[1], s[2], s[3]));
        var y = rig.Map(o.Images, o.Height, o.Width, o.Channels);
        rig.Backend.MaxPool(x, y);
        rig.Backend.MaxPoolBackward(x, y, rig.Map(o.Images, o.Height, o.Width, o.Channels, dyValues), dx);
        var expected = new double[shape.Length];
        MaxPoolReference.Backward(shape, Numbers.Doubles(values), Numbers.Doubles(dyValues), expected);
        Check.Close("dx", expected, rig.Read(dx), rig.Epsilon);
    }

    /// <summary>Every window that holds the NaN is NaN, wherever in the window it lies.</summary>
    private static void NotANumber(CudaRig rig)
    {
        var values = Numbers.Random(1, 5 * 5 * 8, 1, 2);
        values[(((2 * 5) + 1) * 8) + 3] = float.NaN;
        var y = rig.Map(1, 3, 3, 8);
        rig.Backend.MaxPool(rig.Map(1, 5, 5, 8, values), y);
        var found = rig.Read(y);
        for (var i = 0; i < found.Length; i++)
        {
            Check.Same($"NaN at {i}", i / 8 is 3 or 4 && i % 8 == 3, float.IsNaN(found[i]));
        }
    }

    private static void UpsampleAdd(CudaRig rig, int[] s, bool alias)
    {
        var (shape, top) = (new FeatureMap(0, s[0], s[1], s[2], s[3]), new FeatureMap(0, s[0], s[4], s[5], s[3]));
        var (values, topValues) = (rig.Rounded(Numbers.Random(1, shape.Length)), rig.Rounded(Numbers.Random(2, top.Length)));
        var x = rig.Map(s[0], s[1], s[2], s[3], values);
        var y = alias ? x : rig.Map(s[0], s[1], s[2], s[3]);
        new ConvolutionPasses(rig.Context).UpsampleAdd(x, rig.Map(s[0], s[4], s[5], s[3], topValues), y);
        var expected = new double[shape.Length];
        UpsampleReference.Forward(top, Numbers.Doubles(topValues), shape, expected);
        Check.Close("y", expected.Select((v, i) => v + values[i]).ToArray(), rig.Read(y), rig.Epsilon);
    }

    private static void UpsampleBackward(CudaRig rig, int[] s, bool accumulates, bool alias)
    {
        var (shape, top) = (new FeatureMap(0, s[0], s[1], s[2], s[3]), new FeatureMap(0, s[0], s[4], s[5], s[3]));
        var (dyValues, values) = (rig.Rounded(Numbers.Random(1, shape.Length)), rig.Rounded(Numbers.Random(2, top.Length)));
        var accumulate = accumulates ? rig.Map(s[0], s[4], s[5], s[3], values) : default;
        var dtop = alias ? accumulate : rig.Map(s[0], s[4], s[5], s[3]);
        rig.Backend.UpsampleBackward(rig.Map(s[0], s[1], s[2], s[3], dyValues), dtop, accumulate);
        var expected = new double[top.Length];
        UpsampleReference.Backward(top, shape, Numbers.Doubles(dyValues), accumulates ? Numbers.Doubles(values) : [], expected);
        Check.Close("dtop", expected, rig.Read(dtop), rig.Epsilon);
    }
}
