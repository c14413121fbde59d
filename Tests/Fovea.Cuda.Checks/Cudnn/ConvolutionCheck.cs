using System.Globalization;
using Fovea.Cuda.Cudnn;
using Fovea.Ops.Conv;
using Fovea.CompilerServices;

namespace Fovea.Cuda.Checks.Cudnn;

/// <summary>
/// Runs one convolution on a device, real or simulated, and compares it with <see cref="ConvReference"/>. Operands are random and already
/// rounded to their type, so that what differs is the device's arithmetic and the rounding of the result. Guards behind result and
/// workspace must stay as they are.
/// </summary>
internal sealed class ConvolutionCheck(ICudaDriver driver, CudaStream stream, ConvolutionShape shape, int seed)
{
    private const int Guard = 256;
    private const byte GuardByte = 0xA5;
    private readonly Dictionary<ConvolutionOperand, float[]> values = [];

    /// <summary>What the plan computes in memory; the result is decoded.</summary>
    /// <param name="convolutions">Runs the plan.</param>
    /// <param name="plan">A plan of the shape.</param>
    /// <param name="inPlace">Whether the result overwrites the map that is added.</param>
    public float[] Run(CudnnConvolutions convolutions, CudnnPlan plan, bool inPlace = false)
    {
        using var memory = new DeviceScope(driver, stream);
        Fill();
        var at = new DeviceAddress[(int)ConvolutionOperand.Mask + 1];
        foreach (var (operand, v) in values)
        {
            var aliased = inPlace && operand == Result && values.ContainsKey(ConvolutionOperand.Add);
            at[(int)operand] = aliased ? default : memory.Upload(DeviceValues.Encode(v, TypeOf(operand)), Guard, GuardByte);
        }

        if (inPlace && values.ContainsKey(ConvolutionOperand.Add))
        {
            at[(int)Result] = at[(int)ConvolutionOperand.Add];
        }

        var workspace = memory.Upload(new byte[plan.WorkspaceBytes], Guard, GuardByte);
        convolutions.Execute(plan, stream, new ConvolutionOperands(at[1], at[2], at[3], at[4], at[5], at[6]), workspace);
        memory.CheckGuard(workspace, plan.WorkspaceBytes, Guard, GuardByte, "workspace");
        memory.CheckGuard(at[(int)Result], shape.BytesOf(Result), Guard, GuardByte, Result.ToString());
        return DeviceValues.Decode(memory.Download(at[(int)Result], shape.BytesOf(Result)), TypeOf(Result));
    }

    /// <summary>The first number that differs by more than rounding, as one line; null if there is none.</summary>
    public string? Compare(float[] actual)
    {
        var expected = Expected();
        var greatest = 1e-3f;
        foreach (var e in expected)
        {
            greatest = MathF.Max(greatest, MathF.Abs(e));
        }

        var tolerance = Tolerance * greatest;
        for (var i = 0; i < expected.Length; i++)
        {
            if (!(MathF.Abs(expected[i] - actual[i]) <= tolerance))
            {
                return string.Create(
                    CultureInfo.InvariantCulture,
                    $"{shape}  [{i}]  expected {expected[i]:R}  actual {actual[i]:R}  tolerance {tolerance:G3}");
            }
        }

        return null;
    }

    private ConvolutionOperand Result => shape.Direction switch
    {
        ConvolutionDirection.Forward => ConvolutionOperand.Y,
        ConvolutionDirection.BackwardData => ConvolutionOperand.X,
        _ => ConvolutionOperand.W,
    };

    /// <summary>Of the greatest number: the sum's rounding, TensorFloat32's of the operands, and the result's.</summary>
    private float Tolerance
    {
        get
        {
            long terms = shape.Direction switch
            {
                ConvolutionDirection.Forward => shape.WeightLength / shape.OutChannels,
                ConvolutionDirection.BackwardData => (long)shape.KernelHeight * shape.KernelWidth * shape.OutChannels / shape.Groups,
                _ => (long)shape.Images * shape.OutHeight * shape.OutWidth,
            };
            var sum = 2e-6f * MathF.Sqrt(terms + 4);
            var operands = shape.Precision == Precision.TensorFloat32 ? 1f / 1024 : 0;
            var result = TypeOf(Result) switch { CudnnDataType.BFloat16 => 1f / 256, CudnnDataType.Half => 1f / 2048, _ => 0 };
            return sum + operands + result;
        }
    }

    private CudnnDataType TypeOf(ConvolutionOperand operand) =>
        operand is ConvolutionOperand.Bias || (operand is ConvolutionOperand.W && shape.Direction == ConvolutionDirection.BackwardFilter)
            ? shape.ParameterType
            : shape.ValueType;

    private void Fill()
    {
        values.Clear();
        var random = new Random(seed);
        for (var operand = ConvolutionOperand.X; operand <= ConvolutionOperand.Mask; operand++)
        {
            var type = TypeOf(operand);
            var v = new float[shape.BytesOf(operand) / (type == CudnnDataType.Float ? sizeof(float) : sizeof(ushort))];
            foreach (ref var one in v.AsSpan())
            {
                one = (2 * random.NextSingle()) - 1;
            }

            if (v.Length > 0)
            {
                values.Add(operand, DeviceValues.Decode(DeviceValues.Encode(v, type), type));
            }
        }
    }

    private float[] Expected()
    {
        var x = new FeatureMap(0, shape.Images, shape.Height, shape.Width, shape.InChannels);
        var y = new FeatureMap(0, shape.Images, shape.OutHeight, shape.OutWidth, shape.OutChannels);
        var w = new ConvParameters(
            ParameterStorage.Parameters, 0, -1, shape.InChannels, shape.OutChannels, shape.KernelHeight, shape.Stride, shape.Padding,
            shape.Groups, ConvAlgorithm.IndirectGemm);
        var result = new float[values[Result].Length];
        float[] V(ConvolutionOperand operand) => values.GetValueOrDefault(operand) ?? [];
        switch (shape.Direction)
        {
            case ConvolutionDirection.Forward:
                ConvReference.Forward(V(ConvolutionOperand.X), x, V(ConvolutionOperand.W), V(ConvolutionOperand.Bias), w, result, y);
                break;
            case ConvolutionDirection.BackwardData:
                ConvReference.BackwardData(V(ConvolutionOperand.W), w, V(ConvolutionOperand.Y), y, result, x);
                break;
            default:
                ConvReference.BackwardWeights(V(ConvolutionOperand.X), x, w, V(ConvolutionOperand.Y), y, result, []);
                break;
        }

        Finish(result);
        return result;
    }

    private void Finish(float[] result)
    {
        if (shape.Has(ConvolutionEpilogue.Add))
        {
            ConvReference.Add(values[ConvolutionOperand.Add], result);
        }

        if (shape.Has(ConvolutionEpilogue.Accumulate))
        {
            ConvReference.Add(values[ConvolutionOperand.W], result);
        }

        if (shape.Has(ConvolutionEpilogue.Relu))
        {
            ConvReference.Relu(result);
        }

        if (shape.Has(ConvolutionEpilogue.Mask))
        {
            ConvReference.Mask(values[ConvolutionOperand.Mask], result);
        }
    }
}
