using System.Globalization;
using System.Text;

namespace Fovea.Checkpoints;

/// <summary>Everything of a checkpoint that does not fit a model, for one message.</summary>
/// <param name="model">The model.</param>
/// <param name="file">The checkpoint.</param>
/// <param name="rule">How much was to fit.</param>
/// <param name="isClassifier">Whether it is a ResNet for classification.</param>
internal sealed class StateProblems(ModelDescription model, StateDict file, LoadRule rule, bool isClassifier)
{
    private const int MaxListed = 12;

    /// <summary>Characters of a line of what does not fit.</summary>
    private const int MaxLine = 200;

    private bool isOther;

    public List<string> Missing { get; } = [];

    public List<string> Unexpected { get; } = [];

    public List<string> Misshaped { get; } = [];

    /// <summary>Whether the rule allows none of what was found.</summary>
    public bool Any => rule != LoadRule.Partial && (isOther || Count > 0);

    /// <summary>Whether every tensor was to fit.</summary>
    private bool IsWhole => rule is LoadRule.Exact or LoadRule.ByClassName;

    private int Count => Missing.Count + Unexpected.Count + Misshaped.Count;

    /// <summary>Looks whether the file says that it is of another model, whatever its shapes are.</summary>
    public void CheckArchitecture(bool isComparable)
    {
        var architecture = file.Metadata.GetValueOrDefault(CheckpointKeys.Architecture) ?? file.Metadata.GetValueOrDefault(CheckpointKeys.Fingerprint);
        isOther = IsWhole && isComparable && architecture is not null && architecture != model.ArchitectureFingerprint;
    }

    /// <param name="fitting">How many tensors fit.</param>
    public CheckpointException ToException(int fitting)
    {
        var text = new StringBuilder();
        text.Append(rule switch
        {
            LoadRule.Partial => "has nothing that fits ",
            LoadRule.BackboneOnly => "has not the backbone of ",
            _ => "is no checkpoint of ",
        });
        text.Append(Describe(model.Name, model.Backbone, CheckpointKeys.WriteClasses(model.ClassNames)));
        if (isOther)
        {
            file.Metadata.TryGetValue(CheckpointKeys.Model, out var name);
            file.Metadata.TryGetValue(CheckpointKeys.Backbone, out var backbone);
            file.Metadata.TryGetValue(CheckpointKeys.Classes, out var classes);
            var found = Describe(name ?? "?", backbone ?? "?", classes ?? "?");
            text.Append(", but of ").Append(CheckpointException.Shorten(found, MaxLine));
        }

        text.Append('.');
        Append(text, "missing", Missing);
        Append(text, "unexpected", Unexpected);
        Append(text, "of another shape", Misshaped);
        text.Append(Advice(fitting));
        return new CheckpointException(file.Path, text.ToString());
    }

    private static string Describe(string name, string backbone, string classes) => $"{name} ({backbone}, classes {classes})";

    private static void Append(StringBuilder text, string title, List<string> lines)
    {
        if (lines.Count == 0)
        {
            return;
        }

        text.Append(CultureInfo.InvariantCulture, $"\n  {lines.Count} {title}:");
        foreach (var line in lines.Take(MaxListed))
        {
            text.Append("\n    ").Append(CheckpointException.Shorten(line, MaxLine));
        }

        if (lines.Count > MaxListed)
        {
            text.Append(CultureInfo.InvariantCulture, $"\n    … and {lines.Count - MaxListed} more");
        }
    }

    private string Advice(int fitting)
    {
        if (IsWhole && isClassifier)
        {
            return "\n  It is a ResNet for classification: LoadRule.BackboneOnly (--load backbone) takes it as the backbone.";
        }

        if (IsWhole && fitting > 0 && Count > 0)
        {
            return FormattableString.Invariant(
                $"\n  {fitting} fit: LoadRule.Partial (--load partial) takes them and gives all others first weights.");
        }

        return Count == 0
            ? " The shapes agree, but anchors or pixels' normalisation differ: load it with the detector it was saved from."
            : "";
    }
}
