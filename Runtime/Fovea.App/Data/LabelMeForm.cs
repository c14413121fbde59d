namespace Fovea.App.Data;

/// <summary>LabelMe's JSON files, in folders by split or all in one.</summary>
internal sealed class LabelMeForm : IDataForm
{
    /// <inheritdoc/>
    public string LookedFor => "LabelMe: *.json with \"shapes\" beside pictures, in train/, val/, test/ or all in the folder";

    /// <inheritdoc/>
    public DataSource? InFolder(string folder)
    {
        var parts = SplitNames.Each((split, name) => IsLabelMe(Path.Combine(folder, name))
            ? new LabelMePart(split, $"{name}/*.json", Path.Combine(folder, name)) : null).ToArray();
        return parts.Length > 0 ? new DataSource(folder, "LabelMe", parts)
            : IsLabelMe(folder) ? new DataSource(folder, "LabelMe", [new LabelMePart(SplitNames.All, "*.json", folder)])
            : null;
    }

    /// <inheritdoc/>
    public DataSource? OfFile(string file) => null;

    private static bool IsLabelMe(string folder) => Directory.Exists(folder)
        && Directory.EnumerateFiles(folder, "*.json").Take(5).Any(f => CocoForm.Mentions(f, "\"shapes\""));
}
