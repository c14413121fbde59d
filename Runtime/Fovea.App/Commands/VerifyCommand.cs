using System.CommandLine;
using Fovea.App.Terminal;
using Fovea.App.Verification;

namespace Fovea.App.Commands;

/// <summary><c>verify --torch [PICTURE]</c>: whether this detector computes what torchvision does with the same weights.</summary>
internal static class VerifyCommand
{
    public static Command Create(Detector detector)
    {
        var photo = new Argument<string?>("picture")
        {
            Description = "The picture that both are given. Default: one that is made.",
            Arity = ArgumentArity.ZeroOrOne,
            HelpName = "PICTURE",
        };
        var torch = new Option<bool>("--torch") { Description = "With torchvision, run by your own Python.", Required = true };
        var python = new Option<string>("--python")
        {
            Description = "The Python that has torchvision (0.13 or later).",
            HelpName = "PATH",
            DefaultValueFactory = _ => PythonRun.Usual,
        };
        var scriptOnly = new Option<string?>("--script-only")
        {
            Description = "Write the script and, beside it, weights (.pth) and picture (.rgb), and run nothing: for a Python on another machine.",
            HelpName = "FILE.py",
        };
        var read = new Option<string?>("--read")
        {
            Description = "Read what such a script has written, instead of running one. Picture, weights and options must be the same.",
            HelpName = "FILE.safetensors",
        };
        var json = new Option<bool>("--json") { Description = "Print the differences as JSON." };
        var command = new Command(
            "verify",
            "Compare this detector with torchvision on one picture: input, pyramid, logits, deltas, detections; exit code 1 where they differ.")
        { photo, torch, python, scriptOnly, read, json };

        // A flag is never missing to the parser.
        command.Validators.Add(result =>
        {
            if (result.GetResult(torch) is not { Implicit: false })
            {
                result.AddError("expected --torch: what to compare with.");
            }
        });
        var weights = new WeightsOptions(required: false);
        weights.AddTo(command);
        var limits = new LimitOptions();
        limits.AddTo(command);
        var device = new DeviceOptions();
        device.AddTo(command);
        command.SetAction((parsed, cancellation) => CommonOptions.Guard(async () =>
        {
            using var machine = JsonOutput.BeginIf(parsed.GetValue(json));
            var (script, result) = (parsed.GetValue(scriptOnly), parsed.GetValue(read));
            GivenOptions.Refuse(script is not null && result is not null ? ["--read"] : [], "--script-only runs nothing.");
            var options = limits.Of(parsed);
            var rule = DetectOptions.Apply(options, detector.Description.PostProcessing);
            device.Apply(parsed, detector);
            weights.Apply(parsed, detector);
            var picture = VerifiedPicture.Of(detector.Description, parsed.GetValue(photo));
            var job = new TorchJob(detector, picture, rule);
            if (script is not null)
            {
                var written = job.Write(Path.GetFullPath(script));
                Console.WriteLine($"wrote {script}; it writes {written}, which --read takes");
                return ExitCode.Done;
            }

            var theirs = result is null
                ? await RunAsync(job, parsed.GetRequiredValue(python), cancellation).ConfigureAwait(false)
                : new TorchResult(result, job.Id);
            var comparison = new Comparison(detector, picture, rule, new OurRun(detector, picture, options), theirs);
            if (machine is not null)
            {
                machine.WriteLine(VerificationText.Json(detector.Description.Name, picture, theirs.Versions, comparison));
            }
            else
            {
                VerificationText.Print(detector.Description.Name, picture, theirs.Versions, comparison);
            }

            return comparison.Agrees ? ExitCode.Done : ExitCode.Problem;
        }));
        return command;
    }

    private static async Task<TorchResult> RunAsync(TorchJob job, string python, CancellationToken cancellation)
    {
        var folder = Directory.CreateTempSubdirectory("fovea-verify-");
        try
        {
            var script = Path.Combine(folder.FullName, "verify.py");
            var result = job.Write(script);
            await PythonRun.RunAsync(python, [script], cancellation).ConfigureAwait(false);
            return new TorchResult(result, job.Id);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
