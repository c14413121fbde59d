using System.CommandLine;
using System.Globalization;
using Fovea.App.Terminal;
using Fovea.Model;
using Spectre.Console;

namespace Fovea.App.Commands;

/// <summary><c>info</c>: what was declared and what it costs.</summary>
internal static class InfoCommand
{
    public static Command Create(Detector detector)
    {
        var json = new Option<bool>("--json") { Description = "Print it as JSON." };
        var command = new Command("info", "Show the declared model: architecture, parameters, costs, classes.") { json };
        var device = new DeviceOptions();
        device.AddTo(command);
        command.SetAction((parsed, _) => CommonOptions.Guard(() =>
        {
            using var machine = JsonOutput.BeginIf(parsed.GetValue(json));
            device.Apply(parsed, detector);
            if (machine is not null)
            {
                machine.WriteLine(InfoJson.Write(detector));
                return Task.FromResult(ExitCode.Done);
            }

            return Task.FromResult(Show(detector));
        }));
        return command;
    }

    private static int Show(Detector detector)
    {
        var model = detector.Description;
        var table = new Table().Border(TableBorder.Simple).AddColumns("stage", "stride", "channels", "parameters", "MACs per image");
        foreach (var column in table.Columns.Skip(1))
        {
            column.RightAligned();
        }

        foreach (var stage in model.Stages)
        {
            table.AddRow(stage.Name, Text(stage.Stride), Text(stage.Channels), Grouped(stage.Parameters), Grouped(stage.MacsPerImage));
        }

        table.AddRow("total", "", "", Grouped(model.Stages.Sum(s => s.Parameters)), Grouped(model.Stages.Sum(s => s.MacsPerImage)));
        AnsiConsole.MarkupLineInterpolated($"[bold]{model.Name}[/]  {model.Backbone}, preset {model.Preset}, P{model.MinLevel}–P{model.MaxLevel}, A = {model.AnchorsPerCell}");
        AnsiConsole.WriteLine($"device   {detector.DeviceDescription}");
        AnsiConsole.WriteLine($"canvas   {Canvas(model)}");
        AnsiConsole.WriteLine($"classes  {string.Join(", ", model.ClassNames.Select((name, channel) => name is null ? null : $"{channel} {name}").OfType<string>())}");
        AnsiConsole.Write(table);
        return ExitCode.Done;
    }

    private static string Canvas(ModelDescription model) => model.Resize is { } resize
        ? string.Create(CultureInfo.InvariantCulture, $"shorter side {resize.Min}, longer at most {resize.Max} ({resize.Rule})")
        : string.Join(", ", model.InputSizes.Select(s => string.Create(CultureInfo.InvariantCulture, $"{s.Width}×{s.Height}")));

    private static string Text(int value) => value.ToString(CultureInfo.InvariantCulture);

    private static string Grouped(long value) => value.ToString("N0", CultureInfo.InvariantCulture);
}
