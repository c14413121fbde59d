using System.Globalization;
using System.Text;

namespace Fovea.App.Suggestion;

/// <summary>Suggestions for a person to paste.</summary>
internal static class SuggestionText
{
    /// <summary>All choices, small to large, and why the present declaration reads less.</summary>
    /// <param name="model">As declared now.</param>
    /// <param name="className">The class enum's name.</param>
    /// <param name="suggester">Knows the objects.</param>
    /// <param name="choices">What it suggests.</param>
    /// <param name="speed">Of the machine.</param>
    /// <param name="sided">Whether classes have a side, so that a mirror is wrong.</param>
    public static string Write(
        ModelDescription model, string className, Suggester suggester, IReadOnlyList<Suggested> choices, MachineSpeed speed, bool sided)
    {
        var text = new StringBuilder();
        Line(text, $"measured: {speed.TrainingMacsPerSecond / 1e9:0.0} GMAC/s of training with {model.Name} on {speed.Device}.");
        var canvas = model.InputSizes is [var first, ..] ? first : new CanvasSize(model.Resize!.Max, model.Resize.Min);
        var (found, read) = suggester.Readable(canvas.Width, canvas.Height, model.MinLevel);
        var stride = 1 << model.MinLevel;
        Line(text, $"declared now: {canvas.Width}×{canvas.Height} from P{model.MinLevel} on, a cell for {stride}×{stride} pixels: {found:P0} of the objects are at least 2 cells wide, and can be found; {read:P0} at least 4, and show details by which classes are told apart.");
        if (read < 0.5)
        {
            Line(text, $"A detail of a quarter of an object falls into less than one cell for the other {1 - read:P0}: no training makes the network read what its finest map does not hold. A larger canvas or a finer first level does.");
        }

        if (choices.Count == 0)
        {
            text.AppendLine("no network that learns from these pictures in this time: give more minutes, or train on a GPU.");
        }

        foreach (var (choice, number) in choices.Select((c, i) => (c, i + 1)))
        {
            text.AppendLine();
            Write(text, model.Name, className, choice, number, sided);
        }

        return text.ToString();
    }

    private static void Write(StringBuilder text, string name, string className, Suggested s, int number, bool sided)
    {
        var n = s.Network;
        var ratios = s.Anchors.Ratios is [0.5f, 1, 2] ? "" : $", Ratios = [{string.Join(", ", s.Anchors.Ratios.Select(r => r.ToString(CultureInfo.InvariantCulture)))}]";
        Line(text, $"// {number}. about {s.Minutes:0} minutes, {s.Bytes / (1 << 20):0} MiB; {s.Found:P0} of the objects at least 2 cells wide, {s.Read:P0} at least 4; anchors cover {s.Anchors.Covered:P0}");
        if (n.IsPretrained)
        {
            Line(text, $"[RetinaNet<{className}>(Backbone.ResNet18MicrosoftML)]");
        }
        else
        {
            Line(text, $"[RetinaNet<{className}>(Backbone.Custom)]");
            Line(text, $"[Backbone(Block = ResidualBlock.Basic, StageBlocks = [2, 2, 2, 2], BaseWidth = {n.BaseWidth})]");
        }

        Line(text, $"[Pyramid(MinLevel = {n.MinLevel}, MaxLevel = {n.MaxLevel}, Channels = {n.Channels})]");
        Line(text, $"[Head(Depth = {n.Depth}, Width = {n.Channels})]");
        Line(text, $"[Anchors(BaseSize = {s.Anchors.BaseSize}{ratios})]");
        Line(text, $"[BoxLoss(BoxLoss.GIoU, Weight = 2)]");
        Line(text, $"[InputSize({n.Width}, {n.Height})]");
        Line(text, $"public partial class {name};");
        Line(text, $"// train {(n.IsPretrained ? "--pretrained " : "")}--epochs {s.Epochs} --batch {s.Batch} --scale 0.8 1.25 --color 0.1{(sided ? " --no-flip" : "")}");
    }

    private static void Line(StringBuilder text, FormattableString line) => text.AppendLine(line.ToString(CultureInfo.InvariantCulture));
}
