using System.Globalization;
using System.Text;
using System.Text.Json;
using Fovea.Tests.Goldens;

namespace Fovea.EndToEnd.Goldens;

/// <summary>Writes the declaration of a fixture's model, as a user would, from its description: nothing is known here but the description's fields.</summary>
internal static class GoldenDeclaration
{
    /// <summary>C# that declares <c>Goldens.GoldenModel</c>.</summary>
    /// <param name="entry">A narrow or real-size model.</param>
    /// <param name="batchStatistics">Batch statistics in training (the <c>bntrain</c> runs); else running ones.</param>
    public static string For(GoldenEntry entry, bool batchStatistics)
    {
        var config = entry.Params.GetProperty("config");
        var second = Flag(config, "v2") || config.TryGetProperty("head_groupnorm", out _);
        var source = new StringBuilder("using Fovea;\nnamespace Goldens;\n\n");
        source.AppendLine(Invariant($"[RetinaNet<Label>(Backbone.{Backbone(config)}, Preset.{(second ? "TorchVisionV2" : "TorchVision")}, InputGradient = true)]"));
        source.AppendLine(BackboneAttribute(config, batchStatistics));
        source.AppendLine(PyramidAndHead(entry, config));
        if (Text(config, "box_loss") is { } loss)
        {
            source.AppendLine(Invariant($"[BoxLoss(BoxLoss.{BoxLossName(loss)})]"));
        }

        source.AppendLine(Resize(entry));
        source.AppendLine("public partial class GoldenModel;\n");
        var classes = config.GetProperty("num_classes").GetInt32();
        source.AppendLine(Invariant($"public enum Label {{ {string.Join(", ", Enumerable.Range(0, classes).Select(k => Invariant($"Class{k}")))} }}"));
        return source.ToString();
    }

    private static string Backbone(JsonElement config) => Text(config, "backbone") switch
    {
        null => "Custom",
        "resnet18" => "ResNet18",
        "resnet34" => "ResNet34",
        "resnet50" => "ResNet50",
        "resnet101" => "ResNet101",
        "resnet152" => "ResNet152",
        "resnext50_32x4d" => "ResNeXt50_32x4d",
        "resnext101_32x8d" => "ResNeXt101_32x8d",
        "resnext101_64x4d" => "ResNeXt101_64x4d",
        var other => throw new InvalidDataException($"Golden backbone '{other}' is unknown: add it to {nameof(GoldenDeclaration)}."),
    };

    private static string BackboneAttribute(JsonElement config, bool batchStatistics)
    {
        // A frozen norm has running statistics always.
        var statistics = batchStatistics ? "Batch" : "Running";
        var norm = Text(config, "norm") == "frozen" ? "Norm.FrozenBatchNorm" : $"Norm.BatchNorm, NormStatistics = NormStatistics.{statistics}";
        var common = $"Norm = {norm}, FrozenStages = 0";
        if (Text(config, "backbone") is not null)
        {
            return $"[Backbone({common})]";
        }

        var block = Text(config, "block") == "basic" ? "Basic" : "Bottleneck";
        var layers = string.Join(", ", config.GetProperty("layers").EnumerateArray().Select(l => Invariant($"{l.GetInt32()}")));
        return Invariant($"[Backbone(Block = ResidualBlock.{block}, StageBlocks = new[] {{ {layers} }}, BaseWidth = {Number(config, "base_width", 64)}, ") +
            Invariant($"Groups = {Number(config, "groups", 1)}, WidthPerGroup = {Number(config, "width_per_group", 64)}, {common})]");
    }

    private static string PyramidAndHead(GoldenEntry entry, JsonElement config)
    {
        var channels = Number(config, "fpn_channels", 256);
        var depth = entry.Params.GetProperty("recipe").EnumerateArray()
            .Select(r => r.GetProperty("name").GetString()!)
            .Count(n => n.StartsWith("head.classification_head.conv.", StringComparison.Ordinal) && n.EndsWith(".0.weight", StringComparison.Ordinal));
        var text = new StringBuilder(Invariant($"[Pyramid(Channels = {channels}"));
        if (Text(config, "p6_from") is { } p6)
        {
            text.Append(Invariant($", P6From = P6Source.{p6}"));
        }

        text.Append(Invariant($")]\n[Head(Depth = {depth}, Width = {channels}"));
        if (config.TryGetProperty("head_groupnorm", out var groups))
        {
            text.Append(Invariant($", Norm = HeadNorm.GroupNorm, Groups = {groups.GetInt32()}"));
        }

        return text.Append(")]").ToString();
    }

    private static string Resize(GoldenEntry entry)
    {
        var (min, max) = entry.Params.TryGetProperty("e2e", out var e2e)
            ? (e2e.GetProperty("min_size").GetInt32(), e2e.GetProperty("max_size").GetInt32())
            : (800, 1333);
        return Invariant($"[Resize(Min = {min}, Max = {max}, Rule = ResizeRule.TorchVision014)]");
    }

    private static string BoxLossName(string name) => name switch
    {
        "l1" => "L1",
        "smooth_l1" => "SmoothL1",
        "giou" => "GIoU",
        "diou" => "DIoU",
        "ciou" => "CIoU",
        _ => throw new InvalidDataException($"Golden box loss '{name}' is unknown: add it to {nameof(GoldenDeclaration)}."),
    };

    private static string? Text(JsonElement config, string name) => config.TryGetProperty(name, out var value) ? value.GetString() : null;

    private static bool Flag(JsonElement config, string name) => config.TryGetProperty(name, out var value) && value.GetBoolean();

    private static int Number(JsonElement config, string name, int otherwise) => config.TryGetProperty(name, out var value) ? value.GetInt32() : otherwise;

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
