using Fovea.Generator.Graph;

namespace Fovea.Generator.Tests.Gradients;

/// <summary>
/// Executes nodes as generated code will: by the name of the backend's member and the operands in their order, with the meaning that
/// IBackend's documentation gives them. Values that continue others share their memory.
/// </summary>
internal sealed class ScalarBackend(State state, int images, int height, int width)
{
    private readonly Dictionary<Value, (double[] Mean, double[] Reciprocal)> statistics = [];
    private readonly Dictionary<string, double[]> folded = [];

    public Dictionary<Value, Map> Values { get; } = [];

    public Dictionary<string, double[]> Gradients { get; } = [];

    public void Run(IEnumerable<Node> nodes)
    {
        foreach (var node in nodes)
        {
            var operands = new Operands(node.Op.Arguments(node));
            Call(node.Op.Method(node), operands);
            operands.CheckAllTaken();
        }
    }

    private void Call(string method, Operands o)
    {
        switch (method)
        {
            case "Conv" or "ConvRelu" or "ConvAdd" or "ConvAddRelu" or "ConvUpsampleAdd":
                Conv(method, o);
                break;
            case "ConvBackward" or "ConvBackwardData" or "ConvBackwardWeights":
                ConvBackward(method, o);
                break;
            case "BatchNorm" or "BatchNormRelu" or "BatchNormAddRelu" or "GroupNorm" or "GroupNormRelu" or "GroupNormAddRelu":
                Norm(method, o);
                break;
            case "BatchNormBackward" or "BatchNormReluBackward" or "GroupNormBackward" or "GroupNormReluBackward":
                NormBackward(method, o);
                break;
            case "FoldBatchNorm":
                Fold(o);
                break;
            case "FoldBatchNormBackward":
                FoldBackward(o);
                break;
            default:
                Pointwise(method, o);
                break;
        }
    }

    private void Pointwise(string method, Operands o)
    {
        var (first, second) = (Values[o.Handle()], o.Handle());
        switch (method)
        {
            case "Relu":
                Store(second, first.Select(v => Math.Max(0, v)));
                break;
            case "Add":
                Store(o.Handle(), first.Zip(Values[second], (a, b) => a + b));
                break;
            case "MaxPool":
                Store(second, ScalarKernels.MaxPool(first));
                break;
            case "ReluBackward":
                Store(o.Handle(), Plus(Masked(Values[second], first), o));
                break;
            case "MaxPoolBackward":
                var dy = Values[o.Handle()];
                var dx = first with { Data = new double[first.Data.Length] };
                ScalarKernels.MaxPool(first, (at, from) => dx.Data[from] += dy.Data[at]);
                Store(o.Handle(), dx);
                break;
            case "UpsampleBackward":
                var top = Map.Like(second.Shape, images, height, width);
                var dtop = top with { Data = new double[top.Data.Length] };
                ScalarKernels.Upsample(top, first.H, first.W, (at, from) => dtop.Data[from] += first.Data[at]);
                Store(second, Plus(dtop, o));
                break;
            default:
                throw new InvalidOperationException($"{method} is no member of the backend.");
        }
    }

    private void Conv(string method, Operands o)
    {
        var x = Values[o.Handle()];
        var (w, weight, bias) = Weights(o.Weights());
        var y = ScalarKernels.Conv(x, w, weight, bias);
        if (method.Contains("Add", StringComparison.Ordinal))
        {
            var other = Values[o.Handle()];
            y = y.Zip(method == "ConvUpsampleAdd" ? ScalarKernels.Upsample(other, y.H, y.W) : other, (a, b) => a + b);
        }

        Store(o.Handle(), method.EndsWith("Relu", StringComparison.Ordinal) ? y.Select(v => Math.Max(0, v)) : y);
    }

    private void ConvBackward(string method, Operands o)
    {
        var x = method == "ConvBackwardData" ? null : Values[o.Handle()];
        var (w, weight, _) = Weights(o.Weights());
        var dy = Values[o.Handle()];
        if (!method.EndsWith("Data", StringComparison.Ordinal))
        {
            var d = o.Gradient();
            var parameter = (ConvWeights)d.Parameter;
            Write(parameter.Key + ".weight", ScalarKernels.ConvWeightGradient(x!, w, dy), d.Accumulate);
            var bias = parameter.HasBias ? parameter.Key + ".bias"
                : parameter.FoldedNorm is { Frozen: false } norm ? norm.Key + ".bias"
                : null;
            if (bias is not null)
            {
                Write(bias, ScalarKernels.ChannelSums(dy), d.Accumulate);
            }
        }

        if (!method.EndsWith("Weights", StringComparison.Ordinal))
        {
            var target = o.Handle();
            var mask = o.Labelled("mask");
            var dx = Plus(ScalarKernels.ConvData(Map.Like(target.Shape, images, height, width), w, weight, dy), o);
            Store(target, mask is null ? dx : Masked(dx, Values[mask]));
        }
    }

    private void Norm(string method, Operands o)
    {
        var (x, norm) = (Values[o.Handle()], (NormWeights)o.Weights().Parameter);
        var (mean, reciprocal) = statistics[o.Handle()] = ScalarKernels.Statistics(x, norm);
        var hat = ScalarKernels.Normalised(x, norm, mean, reciprocal);
        var y = ScalarKernels.Affine(hat, state.Tensors[norm.Key + ".weight"], state.Tensors[norm.Key + ".bias"]);
        if (method.Contains("Add", StringComparison.Ordinal))
        {
            y = y.Zip(Values[o.Handle()], (a, b) => a + b);
        }

        Store(o.Handle(), method.EndsWith("Relu", StringComparison.Ordinal) ? y.Select(v => Math.Max(0, v)) : y);
    }

    private void NormBackward(string method, Operands o)
    {
        var (x, norm) = (Values[o.Handle()], (NormWeights)o.Weights().Parameter);
        var (mean, reciprocal) = statistics[o.Handle()];
        var y = method.EndsWith("ReluBackward", StringComparison.Ordinal) ? Values[o.Handle()] : null;
        var dy = Values[o.Handle()];
        dy = y is null ? dy : Masked(dy, y);
        var hat = ScalarKernels.Normalised(x, norm, mean, reciprocal);
        if (o.GradientOrNone() is { } d)
        {
            Write(norm.Key + ".weight", ScalarKernels.ChannelSums(dy.Zip(hat, (a, b) => a * b)), d.Accumulate);
            Write(norm.Key + ".bias", ScalarKernels.ChannelSums(dy), d.Accumulate);
        }

        Store(o.Handle(), ScalarKernels.NormData(hat, norm, state.Tensors[norm.Key + ".weight"], reciprocal, dy));
    }

    private void Fold(Operands o)
    {
        var (w, weight, _) = Weights(o.Weights());
        var norm = (NormWeights)o.Weights().Parameter;
        var target = o.Weights();
        Assert.True(target.Folded && target.Parameter == w, $"{w}: folds into {target}");
        var (scale, shift) = ScaleAndShift(norm);
        var row = weight.Length / scale.Length;
        folded[w.Key + ".weight"] = [.. weight.Select((v, i) => v * scale[i / row])];
        folded[w.Key + ".bias"] = shift;
    }

    private void FoldBackward(Operands o)
    {
        var (w, weight, _) = Weights(o.Weights());
        var norm = (NormWeights)o.Weights().Parameter;
        Assert.Equal(w, o.Gradient().Parameter);
        var dw = Gradients[w.Key + ".weight"];
        var row = dw.Length / norm.Channels;
        if (o.GradientOrNone() is { } d)
        {
            Assert.Equal(norm, d.Parameter);
            var db = Gradients[norm.Key + ".bias"];
            var (mean, variance) = (state.Tensors[norm.Key + ".running_mean"], state.Tensors[norm.Key + ".running_var"]);
            double Scale(int c) =>
                (Enumerable.Range(c * row, row).Sum(i => dw[i] * weight[i]) - (db[c] * mean[c])) / Math.Sqrt(variance[c] + norm.Epsilon);
            Write(norm.Key + ".weight", [.. Enumerable.Range(0, norm.Channels).Select(Scale)], accumulate: false);
        }

        var (scale, _) = ScaleAndShift(norm);
        Gradients[w.Key + ".weight"] = [.. dw.Select((v, i) => v * scale[i / row])];
    }

    private (double[] Scale, double[] Shift) ScaleAndShift(NormWeights norm)
    {
        double[] Of(string tensor) => state.Tensors[$"{norm.Key}.{tensor}"];
        double[] scale = [.. Of("weight").Zip(Of("running_var"), (g, v) => g / Math.Sqrt(v + norm.Epsilon))];
        return (scale, [.. Of("bias").Select((b, c) => b - (Of("running_mean")[c] * scale[c]))]);
    }

    private (ConvWeights W, double[] Weight, double[]? Bias) Weights(Operand.Weights operand)
    {
        var tensors = operand.Folded ? folded : state.Tensors;
        var key = operand.Parameter.Key;
        return ((ConvWeights)operand.Parameter, tensors[key + ".weight"], tensors.GetValueOrDefault(key + ".bias"));
    }

    private static Map Masked(Map dy, Map y) => dy.Zip(y, (d, v) => v > 0 ? d : 0);

    private Map Plus(Map map, Operands o) => o.Labelled("accumulate") is { } value ? map.Zip(Values[value], (a, b) => a + b) : map;

    private void Write(string tensor, double[] gradient, bool accumulate) =>
        Gradients[tensor] = accumulate ? [.. Gradients[tensor].Zip(gradient, (a, b) => a + b)] : gradient;

    /// <summary>Into the memory of the value that this one continues, as the planner will place it.</summary>
    private void Store(Value value, Map map)
    {
        if (value.Continues is { } before)
        {
            map.Data.CopyTo(Values[before].Data, 0);
            map = Values[before];
        }

        Values[value] = map;
    }

    /// <summary>The operands of a call, taken one by one.</summary>
    private sealed class Operands(IEnumerable<Operand> operands)
    {
        private readonly Queue<Operand> queue = new(operands);

        public Value Handle()
        {
            var handle = Assert.IsType<Operand.Handle>(queue.Dequeue());
            Assert.Null(handle.Label);
            return handle.Value;
        }

        /// <summary>The next operand if it has this label. What is left over at the end fails.</summary>
        public Value? Labelled(string label) =>
            queue.TryPeek(out var next) && next is Operand.Handle handle && handle.Label == label
                ? ((Operand.Handle)queue.Dequeue()).Value
                : null;

        public void CheckAllTaken() => Assert.Empty(queue);

        public Operand.Weights Weights() => Assert.IsType<Operand.Weights>(queue.Dequeue());

        public Operand.WeightGradient Gradient() => Assert.IsType<Operand.WeightGradient>(queue.Dequeue());

        public Operand.WeightGradient? GradientOrNone()
        {
            var operand = queue.Dequeue();
            if (operand is Operand.WeightGradient gradient)
            {
                return gradient;
            }

            Assert.Equal(new Operand.Constant("NormGradients.None"), operand);
            return null;
        }
    }
}
