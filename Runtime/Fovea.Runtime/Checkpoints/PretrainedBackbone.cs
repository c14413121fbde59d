namespace Fovea.Checkpoints;

/// <summary>Published weights of a declared backbone, in a package that an application refers to. No package of ours has them.</summary>
/// <param name="Backbone">The member of <see cref="Backbone"/>.</param>
/// <param name="Package">The package, which puts its files beside the application.</param>
/// <param name="Version">The version whose files are known.</param>
/// <param name="Weights">The network, relative to the application.</param>
/// <param name="Preprocessing">How it wants its pixels, likewise.</param>
internal sealed record PretrainedBackbone(string Backbone, string Package, string Version, string[] Weights, string[] Preprocessing)
{
    /// <summary>How much more slowly a backbone with such weights learns, where nothing else is said.</summary>
    public const double Rate = 0.3;

    private static readonly PretrainedBackbone[] Known =
    [
        new(
            nameof(Fovea.Backbone.ResNet18MicrosoftML), "Microsoft.ML.DnnImageFeaturizer.ResNet18", "0.23.1",
            ["DnnImageModels", "ResNet18Onnx", "ResNet18.onnx"], ["DnnImageModels", "ResNetPrepOnnx", "ResNetPreprocess.onnx"]),
    ];

    /// <summary>The line of a project that brings the files, and none of the package's libraries.</summary>
    public string Reference => $"<PackageReference Include=\"{Package}\" Version=\"{Version}\" IncludeAssets=\"build\" />";

    /// <summary>The weights of a model's backbone.</summary>
    /// <param name="model">Whose backbone it is.</param>
    /// <exception cref="CheckpointException">There are none, or the application has not the package.</exception>
    public static (string Weights, string Preprocessing) FilesOf(ModelDescription model)
    {
        var found = Array.Find(Known, p => p.Backbone == model.Backbone)
            ?? throw new CheckpointException(
                "pretrained weights",
                $"there is no package of weights for {model.Backbone}: expected Backbone.{string.Join(" or Backbone.", Known.Select(p => p.Backbone))} "
                + $"in the declaration of {model.Name}, or a file of your own: LoadWeights(path, new() {{ Rule = LoadRule.BackboneOnly }}) "
                + "(--weights FILE --load backbone).");
        return (found.PathOf(found.Weights), found.PathOf(found.Preprocessing));
    }

    /// <summary>Whether the application has the weights of a backbone.</summary>
    /// <param name="backbone">The member of <see cref="Fovea.Backbone"/>.</param>
    public static bool IsHere(string backbone) =>
        Array.Find(Known, p => p.Backbone == backbone) is { } known && File.Exists(Path.Combine([AppContext.BaseDirectory, .. known.Weights]));

    private string PathOf(string[] names)
    {
        var path = Path.Combine([AppContext.BaseDirectory, .. names]);
        return File.Exists(path)
            ? path
            : throw new CheckpointException(
                path, $"expected the weights of {Backbone}, which the package {Package} puts there, found no such file. Add it to the project of the "
                + $"application: {Reference}");
    }
}
