using System.CommandLine;
using System.Diagnostics;
using System.Globalization;

namespace Fovea.App.Commands;

/// <summary><c>detect IMAGE --weights FILE --out PNG</c>: finds objects in pictures, lists and draws them.</summary>
internal static class DetectCommand
{
    // Names that differ in upper and lower case are one file on Windows and macOS.
    private static readonly StringComparer Names = OperatingSystem.IsLinux() ? StringComparer.Ordinal : StringComparer.OrdinalIgnoreCase;

    public static Command Create<TClass>(Detector<TClass> detector)
        where TClass : struct, Enum
    {
        var images = new Argument<FileInfo[]>("image") { Description = "Pictures (JPEG, PNG, …).", Arity = ArgumentArity.OneOrMore };
        var output = new Option<string?>("--out") { Description = "The annotated picture; with several pictures, a folder. Default: NAME.detections.png beside each." };
        var command = new Command("detect", "Find objects in pictures, list and draw them.") { images, output };
        var weights = new WeightsOptions(required: true);
        weights.AddTo(command);
        var limits = new LimitOptions(usual: 0.5);
        limits.AddTo(command);
        var device = new DeviceOptions();
        device.AddTo(command);
        command.SetAction((parsed, cancellation) => CommonOptions.Guard(async () =>
        {
            var pictures = WithTargets(parsed.GetRequiredValue(images), parsed.GetValue(output));
            device.Apply(parsed, detector);
            weights.Apply(parsed, detector);
            foreach (var (file, target) in pictures)
            {
                Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(target))!);
                await DetectAsync(detector, file, target, limits.Of(parsed), cancellation).ConfigureAwait(false);
            }

            return 0;
        }));
        return command;
    }

    private static async Task DetectAsync<TClass>(Detector<TClass> detector, FileInfo file, string target, DetectOptions options, CancellationToken cancellation)
        where TClass : struct, Enum
    {
        var picture = await Task.Run(() => ImageFile.Decode(file.FullName), cancellation).ConfigureAwait(false);
        var clock = Stopwatch.StartNew();
        var found = await detector.DetectAsync(picture, options, cancellation).ConfigureAwait(false);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{file.Name}  {picture.Width}×{picture.Height}  {found.Count} objects  {clock.Elapsed.TotalMilliseconds:F0} ms  drawn in {target}"));
        foreach (var d in found)
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {ClassMap<TClass>.Instance.NameOf(d.Class),-20} {d.Score:F3}  {d.Box}"));
        }

        DetectionPictures.Save(picture, found, target);
    }

    /// <summary>Each picture with the file that it is drawn in.</summary>
    /// <exception cref="ArgumentException">Two would be drawn in one file, or one over a picture.</exception>
    internal static List<(FileInfo Image, string Target)> WithTargets(IReadOnlyList<FileInfo> images, string? output)
    {
        var taken = new Dictionary<string, FileInfo>(Names);
        var inputs = images.Select(i => i.FullName).ToHashSet(Names);
        var pairs = new List<(FileInfo, string)>();
        foreach (var image in images)
        {
            var target = Target(image, output, images.Count);
            var whole = Path.GetFullPath(target);
            if (!taken.TryAdd(whole, image))
            {
                throw new ArgumentException(
                    $"{taken[whole]} and {image} would both be drawn in {target}: detect in them one at a time, each with its --out.");
            }

            if (inputs.Contains(whole))
            {
                throw new ArgumentException(
                    $"{image} would be drawn in {target}, which is itself one of the pictures: leave that out, or name another --out.");
            }

            pairs.Add((image, target));
        }

        return pairs;
    }

    private static string Target(FileInfo image, string? output, int pictures)
    {
        var name = Path.GetFileNameWithoutExtension(image.Name) + ".detections.png";
        return output is null ? Path.Combine(image.DirectoryName ?? ".", name)
            : pictures == 1 && Path.HasExtension(output) ? output
            : Path.Combine(output, name);
    }
}
