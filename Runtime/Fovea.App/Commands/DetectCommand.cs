using System.CommandLine;
using System.Diagnostics;
using System.Globalization;

namespace Fovea.App.Commands;

/// <summary><c>detect IMAGE --weights FILE --out PNG</c>: finds objects in pictures, lists and draws them.</summary>
internal static class DetectCommand
{
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
            device.Apply(parsed, detector);
            weights.Apply(parsed, detector);
            var files = parsed.GetRequiredValue(images);
            foreach (var file in files)
            {
                await DetectAsync(detector, file, Target(file, parsed.GetValue(output), files.Length), limits.Of(parsed), cancellation)
                    .ConfigureAwait(false);
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

    private static string Target(FileInfo image, string? output, int pictures)
    {
        var name = Path.GetFileNameWithoutExtension(image.Name) + ".detections.png";
        if (output is null)
        {
            return Path.Combine(image.DirectoryName ?? ".", name);
        }

        var isFile = pictures == 1 && Path.HasExtension(output);
        Directory.CreateDirectory(isFile ? Path.GetDirectoryName(Path.GetFullPath(output))! : output);
        return isFile ? output : Path.Combine(output, name);
    }
}
