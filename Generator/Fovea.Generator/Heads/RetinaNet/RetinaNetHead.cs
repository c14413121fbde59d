using Fovea.Generator.Graph;
using Fovea.Generator.Lowering;
using Fovea.Generator.Spec;

namespace Fovea.Generator.Heads.RetinaNet;

/// <summary>
/// RetinaNet's two heads: a tower of 3×3 convolutions with ReLU (and perhaps a group norm, then without bias) and a last 3×3 convolution,
/// with the same parameters on every level. The logits [N, H, W, A·K] are [N, H·W·A, K] as they lie. Source:
/// torchvision/models/detection/retinanet.py.
/// </summary>
internal sealed class RetinaNetHead(ModelSpec spec) : IHead
{
    private const string Classification = "classification_head";
    private const string ClassLogits = "cls_logits";

    private readonly RetinaNetRules rules = new(spec);
    private readonly TowerSpec towers = RetinaNetSpec.Of(spec).Towers;
    private Value? logits;
    private Value? deltas;

    public string Name => "RetinaNet";

    public string Plans => "";

    public string LossRemarks => "b: anchors, matches, logits, deltas and losses, g: the gradients of logits and deltas.";

    public IReadOnlyList<Value> Outputs => [Logits, Deltas];

    public Value Logits => logits ?? throw NotLowered;

    public Value Deltas => deltas ?? throw NotLowered;

    public IEnumerable<(string Member, Rule Rule)> Description =>
        [("Anchors", rules.Anchors), ("PostProcessing", rules.PostProcessing), ("Matching", rules.Matching)];

    public string ClassLayer => KeyOf(Classification, ClassLogits);

    public IEnumerable<(string Name, IReadOnlyList<CodeValue> Values)> Identity => rules.Identity;

    private static InvalidOperationException NotLowered => new("The head has no outputs before it is lowered.");

    private static string KeyOf(string tower, string layer) => $"head.{tower}.{layer}";

    public void Lower(ModelGraph graph, Value pyramid)
    {
        var prior = -Math.Log((1 - towers.Prior) / towers.Prior);
        var perCell = rules.PerCell;
        logits = Tower(graph, pyramid, "Classification", Classification, ClassLogits, "Logits", perCell * spec.Classes, prior);
        deltas = Tower(graph, pyramid, "Regression", "regression_head", "bbox_reg", "Deltas", perCell * 4, 0);
        for (var i = 0; i < spec.Pyramid.Levels; i++)
        {
            logits.Taps.Add(new($"cls_logits.P{spec.Pyramid.MinLevel + i}", i));
            deltas.Taps.Add(new($"bbox_regression.P{spec.Pyramid.MinLevel + i}", i));
        }
    }

    public void AppendLosses(ModelGraph graph) => RetinaNetLosses.Append(graph, this, rules);

    public void AppendDetection(ModelGraph graph) => RetinaNetDetection.Append(graph, this, rules);

    private Value Tower(
        ModelGraph graph, Value pyramid, string name, string key, string last, string role, int outChannels, double bias)
    {
        var title = $"{towers.Depth} × 3×3 of {towers.Width}, then {outChannels}";
        var block = new Block(name.ToLowerInvariant(), name + "Head", title) { Stage = "heads" };
        var write = new BlockWriter(graph, block);
        var x = write.Import(pyramid, "Input");
        for (var j = 0; j < towers.Depth; j++)
        {
            x = Layer(write, x, $"head.{key}.conv.{j}", j + 1);
        }

        var final = write.DeclareConv(
            KeyOf(key, last), role, x.Shape.Channels, outChannels, 3, bias: bias, initializer: ConvInitializer.Normal001);
        return write.Conv(x, final, role);
    }

    private Value Layer(BlockWriter write, Value x, string key, int number)
    {
        var normed = towers.Norm == NormKind.GroupNorm;
        var conv = write.DeclareConv(
            key + ".0", $"Conv{number}", x.Shape.Channels, towers.Width, 3, bias: normed ? null : 0,
            initializer: ConvInitializer.Normal001);
        x = write.Conv(x, conv, $"Hidden{number}Conv");
        if (normed)
        {
            var norm = write.DeclareNorm(key + ".1", $"Norm{number}", towers.Width, new(towers.Norm, towers.Groups, 1e-5f, 0));
            x = write.Norm(x, norm, $"Hidden{number}Norm");
        }

        return write.Activate(x, $"Hidden{number}");
    }
}
