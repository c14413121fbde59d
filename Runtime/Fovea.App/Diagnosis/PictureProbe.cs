namespace Fovea.App.Diagnosis;

/// <summary>Whether pictures can be read, and plots drawn.</summary>
internal static class PictureProbe
{
    private const string Topic = "pictures";

    /// <summary>Reads a picture that it has written. It throws where that fails: then nothing can be detected.</summary>
    public static IEnumerable<Finding> Find()
    {
        using var file = new MemoryStream();
        ImageFile.Codec.Encode(new RgbImage(8, 8), ImageFormat.Png, quality: 90, file);
        file.Position = 0;
        ImageFile.Decode(file);
        yield return new(Topic, "codec", Verdict.Ok, $"{ImageFile.Codec.Name}: {ImageFile.Codec.Formats}");
    }

    /// <summary>What plots need.</summary>
    public static IEnumerable<Finding> FindSkia(MachineView machine)
    {
        const string Skia = "libSkiaSharp";
        const string Plots = "the plots of train and eval; --no-plots draws none";
        var remedies = new Remedies(machine);
        string version;
        try
        {
            version = machine.Skia();
        }
        catch (Exception e) when (e is DllNotFoundException or TypeInitializationException or InvalidOperationException)
        {
            return [new(Topic, Skia, Verdict.Note, "not found", Plots, remedies.SkiaNative)];
        }

        return
        [
            new(Topic, Skia, Verdict.Ok, version),
            machine.Fonts() is > 0 and var fonts
                ? new(Topic, "fonts", Verdict.Ok, FormattableString.Invariant($"{fonts} families"))
                : new(Topic, "fonts", Verdict.Note, "none, so that plots have no letters", "the letters of plots", remedies.Fonts),
        ];
    }
}
