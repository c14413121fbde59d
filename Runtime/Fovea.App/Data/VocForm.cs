namespace Fovea.App.Data;

/// <summary>Pascal VOC's XML: with lists of splits, in folders by split (Roboflow), or all in one folder (LabelImg).</summary>
internal sealed class VocForm : IDataForm
{
    private static readonly string[] AnnotationFolders = ["Annotations", "annotations", "labels", "xml"];
    private static readonly string[] ImageFolders = ["JPEGImages", "images", "Images", "imgs"];
    private static readonly EnumerationOptions AnyCase = new() { MatchCasing = MatchCasing.CaseInsensitive };

    /// <inheritdoc/>
    public string LookedFor =>
        "Pascal VOC: Annotations/*.xml with JPEGImages/ or images/, divided by ImageSets/Main/train.txt or not; train/*.xml; or *.xml beside pictures (LabelImg)";

    /// <inheritdoc/>
    public DataSource? InFolder(string folder)
    {
        if (Array.Find(AnnotationFolders, a => HasXml(Path.Combine(folder, a))) is { } annotations)
        {
            return Listed(folder, annotations);
        }

        var parts = SplitNames.Each((split, name) => Flat(folder, split, name)).ToArray();
        return parts.Length > 0 ? new DataSource(folder, "Pascal VOC", parts)
            : HasXml(folder) ? new DataSource(folder, "Pascal VOC", [new VocPart(SplitNames.All, "*.xml", folder, folder, null)])
            : null;
    }

    /// <inheritdoc/>
    public DataSource? OfFile(string file) => null;

    private static DataSource Listed(string folder, string annotations)
    {
        var path = Path.Combine(folder, annotations);
        var images = Array.Find(Array.ConvertAll(ImageFolders, i => Path.Combine(folder, i)), Directory.Exists) ?? folder;
        var lists = Path.Combine(folder, "ImageSets", "Main");

        // VOC has lists for each class beside those of the splits: "cat_train.txt".
        var parts = Directory.Exists(lists)
            ? Directory.EnumerateFiles(lists, "*.txt").Order(StringComparer.Ordinal).Where(
                l => !Path.GetFileName(l).Contains('_', StringComparison.Ordinal))
                .Select(l => new VocPart(
                    SplitNames.Canonical(Path.GetFileNameWithoutExtension(l)), $"ImageSets/Main/{Path.GetFileName(l)}", path, images, l)).ToArray()
            : [];
        return new DataSource(
            folder, "Pascal VOC", parts.Length > 0 ? parts : [new VocPart(SplitNames.All, $"{annotations}/*.xml", path, images, null)]);
    }

    private static VocPart? Flat(string folder, string split, string name)
    {
        var own = Path.Combine(folder, name);
        if (HasXml(own))
        {
            return new VocPart(split, $"{name}/*.xml", own, own, null);
        }

        var annotations = Array.Find(AnnotationFolders, a => HasXml(Path.Combine(own, a)));
        var images = Array.Find(Array.ConvertAll(ImageFolders, i => Path.Combine(own, i)), Directory.Exists) ?? own;
        return annotations is null ? null : new VocPart(split, $"{name}/{annotations}/*.xml", Path.Combine(own, annotations), images, null);
    }

    private static bool HasXml(string folder) => Directory.Exists(folder) && Directory.EnumerateFiles(folder, "*.xml", AnyCase).Any();
}
