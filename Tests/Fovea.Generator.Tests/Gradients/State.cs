using Fovea.Generator.Graph;

namespace Fovea.Generator.Tests.Gradients;

/// <summary>Parameters and statistics under torchvision's keys, random but tame: every tensor matters and few ReLUs are dead.</summary>
internal sealed class State
{
    private readonly Random random;

    public State(ModelGraph graph, int seed)
    {
        random = new Random(seed);
        foreach (var parameter in graph.Parameters)
        {
            switch (parameter)
            {
                case ConvWeights w:
                    var scale = Math.Sqrt(2.0 / (w.Kernel * w.Kernel * w.GroupChannels));
                    Tensors[w.Key + ".weight"] = Random((int)w.WeightCount, scale, 0);
                    if (w.HasBias)
                    {
                        Tensors[w.Key + ".bias"] = Random(w.OutChannels, 0.3, 0);
                    }

                    break;
                case NormWeights norm:
                    Tensors[norm.Key + ".weight"] = Random(norm.Channels, 0.3, 1);
                    Tensors[norm.Key + ".bias"] = Random(norm.Channels, 0.3, 0.2);
                    Tensors[norm.Key + ".running_mean"] = Random(norm.Channels, 0.3, 0);
                    Tensors[norm.Key + ".running_var"] = [.. Random(norm.Channels, 0.3, 1).Select(Math.Abs)];
                    break;
                default:
                    throw new InvalidOperationException($"{parameter}: unknown kind of parameter.");
            }
        }
    }

    public Dictionary<string, double[]> Tensors { get; } = [];

    public double[] Random(int length, double deviation, double mean) =>
        [.. Enumerable.Range(0, length).Select(_ => mean + (deviation * Normal()))];

    /// <summary>Box and Muller's.</summary>
    private double Normal() => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
