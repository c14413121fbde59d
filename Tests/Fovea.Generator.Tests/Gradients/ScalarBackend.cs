using Fovea.Generator.Graph;

namespace Fovea.Generator.Tests.Gradients;

// Inside, so that the compiler's own names win over those of Definitions.
using Fovea.Generator.Graph.Ops;

/// <summary>
/// Executes nodes as generated code will: by the name of the backend's member and the operands in their order, with the meaning that
/// IBackend's documentation gives them. A value is a map for each of its levels; values that continue others, and levels of pyramids, share
/// their memory.
/// </summary>
internal sealed class ScalarBackend(State state, int images, int height, int width)
{
    private readonly Dictionary<Value, (double[] Mean, double[] Reciprocal)[]> statistics = [];
    private readonly Dictionary<string, double[]> folded = [];

    public Dictionary<Value, Map[]> Values { get; } = [];

    public Dictionary<string, double[]> Gradients { get; } = [];

    /// <summary>Members that no backend has, of operators that a test makes up.</summary>
    public Dictionary<string, Func<Map[], Map>> Extensions { get; } = [];

    public void Run(IEnumerable<Node> nodes)
    {
        foreach (var node in nodes)
        {
            if (node.Op.HasCode)
            {
                var operands = new Operands(node.Op.Arguments(node));
                Call(node.Op.Method(node), operands);
                operands.CheckAllTaken();
            }
            else
            {
                Values[node.Output] = node.Output.View is { } view
                    ? [Values[view.Whole][view.Level]]
                    : [.. node.Inputs.SelectMany(v => Values[v])];
            }
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
        if (Extensions.TryGetValue(method, out var extension))
        {
            var handles = o.Handles();
            var sources = handles[..^1].ConvertAll(v => Values[v]);
            Store(handles[^1], [.. sources[0].Select((_, level) => extension([.. sources.Select(maps => maps[level])]))]);
            return;
        }

        var (first, second) = (Values[o.Handle()], o.Handle());
        switch (method)
        {
            case "Relu":
                Store(second, Each(first, map => map.Select(v => Math.Max(0, v))));
                break;
            case "Add":
                Store(o.Handle(), Zip(first, Values[second], (a, b) => a + b));
                break;
            case "MaxPool":
                Store(second, Each(first, map => ScalarKernels.MaxPool(map)));
                break;
            case "ReluBackward":
                Store(o.Handle(), Plus(Masked(Values[second], first), o));
                break;
            case "MaxPoolBackward":
                var dy = Values[o.Handle()][0];
                var dx = first[0] with { Data = new double[first[0].Data.Length] };
                ScalarKernels.MaxPool(first[0], (at, from) => dx.Data[from] += dy.Data[at]);
                Store(o.Handle(), [dx]);
                break;
            case "UpsampleBackward":
                var top = Map.Like(second.Shape, images, height, width);
                var dtop = top with { Data = new double[top.Data.Length] };
                ScalarKernels.Upsample(top, first[0].H, first[0].W, (at, from) => dtop.Data[from] += first[0].Data[at]);
                Store(second, Plus([dtop], o));
                break;
            default:
                throw new InvalidOperationException($"{method} is no member of the backend.");
        }
    }

    private void Conv(string method, Operands o)
    {
        var x = Values[o.Handle()];
        var (w, geometry, weight, bias) = Weights(o.Weights());
        var y = Each(x, map => ScalarKernels.Conv(map, w, geometry, weight, bias));
        if (method.Contains("Add", StringComparison.Ordinal))
        {
            var other = Values[o.Handle()];
            other = method == "ConvUpsampleAdd" ? [ScalarKernels.Upsample(other[0], y[0].H, y[0].W)] : other;
            y = Zip(y, other, (a, b) => a + b);
        }

        Store(o.Handle(), method.EndsWith("Relu", StringComparison.Ordinal) ? Each(y, map => map.Select(v => Math.Max(0, v))) : y);
    }

    private void ConvBackward(string method, Operands o)
    {
        var x = method == "ConvBackwardData" ? null : Values[o.Handle()];
        var (w, geometry, weight, _) = Weights(o.Weights());
        var dy = Values[o.Handle()];
        if (!method.EndsWith("Data", StringComparison.Ordinal))
        {
            var d = o.Gradient();
            Assert.Equal(w, d.Parameter);
            Write(w.Key + ".weight", Sum(x!.Zip(dy, (a, b) => ScalarKernels.ConvWeightGradient(a, w, geometry, b))), d.Accumulate);
            var bias = w.HasBias ? w.Key : d.FoldedNorm is { Frozen: false } norm ? norm.Key : null;
            if (bias is not null)
            {
                Write(bias + ".bias", Sum(dy.Select(ScalarKernels.ChannelSums)), d.Accumulate);
            }
        }

        if (!method.EndsWith("Weights", StringComparison.Ordinal))
        {
            var target = o.Handle();
            var like = Enumerable.Range(0, target.Shape.Levels).Select(l => Map.Like(target.Shape.Level(l), images, height, width));
            var dx = Plus([.. like.Zip(dy, (map, d) => ScalarKernels.ConvData(map, w, geometry, weight, d))], o);
            Store(target, o.Labelled("mask") is { } mask ? Masked(dx, Values[mask]) : dx);
        }
    }

    private void Norm(string method, Operands o)
    {
        var x = Values[o.Handle()];
        var (norm, use) = Norm(o.Weights());
        var computed = statistics[o.Handle()] = [.. x.Select(map => ScalarKernels.Statistics(map, use))];
        var hat = x.Select((map, level) => ScalarKernels.Normalised(map, use, computed[level].Mean, computed[level].Reciprocal));
        Map[] y = [.. hat.Select(map => ScalarKernels.Affine(map, state.Tensors[norm.Key + ".weight"], state.Tensors[norm.Key + ".bias"]))];
        if (method.Contains("Add", StringComparison.Ordinal))
        {
            y = Zip(y, Values[o.Handle()], (a, b) => a + b);
        }

        Store(o.Handle(), method.EndsWith("Relu", StringComparison.Ordinal) ? Each(y, map => map.Select(v => Math.Max(0, v))) : y);
    }

    private void NormBackward(string method, Operands o)
    {
        var x = Values[o.Handle()];
        var (norm, use) = Norm(o.Weights());
        var computed = statistics[o.Handle()];
        var y = method.EndsWith("ReluBackward", StringComparison.Ordinal) ? Values[o.Handle()] : null;
        var dy = Values[o.Handle()];
        dy = y is null ? dy : Masked(dy, y);
        Map[] hat = [.. x.Select((map, level) => ScalarKernels.Normalised(map, use, computed[level].Mean, computed[level].Reciprocal))];
        if (o.GradientOrNone() is { } d)
        {
            Write(norm.Key + ".weight", Sum(Zip(dy, hat, (a, b) => a * b).Select(ScalarKernels.ChannelSums)), d.Accumulate);
            Write(norm.Key + ".bias", Sum(dy.Select(ScalarKernels.ChannelSums)), d.Accumulate);
        }

        var scale = state.Tensors[norm.Key + ".weight"];
        Store(o.Handle(), [.. hat.Select((map, level) => ScalarKernels.NormData(map, use, scale, computed[level].Reciprocal, dy[level]))]);
    }

    private void Fold(Operands o)
    {
        var w = o.Weights().Parameter;
        var weight = state.Tensors[w.Key + ".weight"];
        var (norm, use) = Norm(o.Weights());
        var target = o.Weights();
        Assert.True(target.Folded && target.Parameter == w, $"{w}: folds into {target}");
        var (scale, shift) = ScaleAndShift(norm, use);
        var row = weight.Length / scale.Length;
        folded[w.Key + ".weight"] = [.. weight.Select((v, i) => v * scale[i / row])];
        folded[w.Key + ".bias"] = shift;
    }

    private void FoldBackward(Operands o)
    {
        var w = o.Weights().Parameter;
        var weight = state.Tensors[w.Key + ".weight"];
        var (norm, use) = Norm(o.Weights());
        Assert.Equal(w, o.Gradient().Parameter);
        var dw = Gradients[w.Key + ".weight"];
        var row = dw.Length / norm.Channels;
        if (o.GradientOrNone() is { } d)
        {
            Assert.Equal(norm, d.Parameter);
            var db = Gradients[norm.Key + ".bias"];
            var (mean, variance) = (state.Tensors[norm.Key + ".running_mean"], state.Tensors[norm.Key + ".running_var"]);
            double Scale(int c) =>
                (Enumerable.Range(c * row, row).Sum(i => dw[i] * weight[i]) - (db[c] * mean[c])) / Math.Sqrt(variance[c] + use.Epsilon);
            Write(norm.Key + ".weight", [.. Enumerable.Range(0, norm.Channels).Select(Scale)], accumulate: false);
        }

        var (scale, _) = ScaleAndShift(norm, use);
        Gradients[w.Key + ".weight"] = [.. dw.Select((v, i) => v * scale[i / row])];
    }

    private (double[] Scale, double[] Shift) ScaleAndShift(NormWeights norm, NormUse use)
    {
        double[] Of(string tensor) => state.Tensors[$"{norm.Key}.{tensor}"];
        double[] scale = [.. Of("weight").Zip(Of("running_var"), (g, v) => g / Math.Sqrt(v + use.Epsilon))];
        return (scale, [.. Of("bias").Select((b, c) => b - (Of("running_mean")[c] * scale[c]))]);
    }

    private (ConvWeights W, ConvGeometry Geometry, double[] Weight, double[]? Bias) Weights(Operand.Weights operand)
    {
        var tensors = operand.Folded ? folded : state.Tensors;
        var key = operand.Parameter.Key;
        var use = Assert.IsType<ConvUse>(operand.Use);
        return ((ConvWeights)operand.Parameter, use.Geometry, tensors[key + ".weight"], tensors.GetValueOrDefault(key + ".bias"));
    }

    private static (NormWeights Norm, NormUse Use) Norm(Operand.Weights operand) =>
        ((NormWeights)operand.Parameter, Assert.IsType<NormUse>(operand.Use));

    private static Map[] Each(Map[] maps, Func<Map, Map> f) => Array.ConvertAll(maps, map => f(map));

    private static Map[] Zip(Map[] a, Map[] b, Func<double, double, double> f) => [.. a.Zip(b, (x, y) => x.Zip(y, f))];

    private static Map[] Masked(Map[] dy, Map[] y) => Zip(dy, y, (d, v) => v > 0 ? d : 0);

    private static double[] Sum(IEnumerable<double[]> levels) => levels.Aggregate((a, b) => [.. a.Zip(b, (x, y) => x + y)]);

    private Map[] Plus(Map[] maps, Operands o) => o.Labelled("accumulate") is { } value ? Zip(maps, Values[value], (a, b) => a + b) : maps;

    private void Write(string tensor, double[] gradient, bool accumulate) =>
        Gradients[tensor] = accumulate ? [.. Gradients[tensor].Zip(gradient, (a, b) => a + b)] : gradient;

    /// <summary>Into the memory of the value that this one continues, as the planner will place it.</summary>
    private void Store(Value value, Map[] maps)
    {
        if (value.Continues is { } before)
        {
            for (var level = 0; level < maps.Length; level++)
            {
                maps[level].Data.CopyTo(Values[before][level].Data, 0);
            }

            maps = Values[before];
        }

        Values[value] = maps;
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

        public List<Value> Handles()
        {
            var handles = new List<Value>();
            while (queue.Count > 0)
            {
                handles.Add(Handle());
            }

            return handles;
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
