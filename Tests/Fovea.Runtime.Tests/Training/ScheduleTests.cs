using Fovea.Tests.Goldens;

namespace Fovea.Tests.Training;

[Collection(GoldenReport.Collection)]
public class ScheduleTests
{
    [Fact]
    public void Cosine_starts_after_warm_up_and_ends_at_its_final_factor()
    {
        var schedule = new CosineSchedule(0.1);
        Assert.Equal(1, schedule.Factor(0, 10, 5, 105));
        Assert.Equal(1, schedule.Factor(5, 10, 5, 105));
        Assert.Equal(0.55, schedule.Factor(55, 10, 5, 105), 12);
        Assert.Equal(0.1, schedule.Factor(105, 10, 5, 105), 12);
    }

    [Fact]
    public void Steps_count_epochs_not_iterations()
    {
        Assert.Equal(1, new StepSchedule(2).Factor(19, 10, 0, 100));
        Assert.Equal(0.1, new StepSchedule(2).Factor(20, 10, 0, 100), 12);
        Assert.Equal(0.01, new MultiStepSchedule(0.1, 1, 3).Factor(30, 10, 0, 100), 12);
    }

    [SkippableTheory]
    [GoldenData(GoldenKinds.Optimizers)]
    [Trait("Needs", "Goldens")]
    public void Curves_are_torchs(GoldenEntry entry)
    {
        entry.Require();
        var curves = entry.Params.EnumerateObject().Single(p => p.Name.StartsWith("lr_curves", StringComparison.Ordinal)).Value;
        foreach (var curve in curves.EnumerateObject())
        {
            var (schedule, warmup, start, total) = Parse(curve.Name);
            var rate = Argument(curve.Name, "base ");
            var i = 0;
            foreach (var expected in curve.Value.EnumerateArray())
            {
                var actual = rate * schedule.Factor(i, 1, 0, total) * LearningRateSchedule.Warmup(i, warmup, start);
                Assert.True(Math.Abs(actual - expected.GetDouble()) <= 1e-12, $"{entry.Id}  {curve.Name}  [{i}]  expected {expected}  actual {actual:R}");
                i++;
            }

            GoldenReport.Checked(entry, curve.Name);
        }
    }

    /// <summary>The rate of each step and group of the recorded runs, from the recorded configuration's words.</summary>
    [SkippableTheory]
    [GoldenData(GoldenKinds.Optimizers)]
    [Trait("Needs", "Goldens")]
    public void Warm_up_of_the_recorded_runs_is_linear(GoldenEntry entry)
    {
        entry.Require();
        var configs = entry.Params.GetProperty("configs");
        foreach (var run in entry.Params.GetProperty("runs").EnumerateArray())
        {
            var name = run.GetProperty("name").GetString()!;
            if (!configs.TryGetProperty(name, out var words) || !words.GetString()!.Contains("LinearLR", StringComparison.Ordinal))
            {
                continue;
            }

            var (start, total) = WarmupOf(words.GetString()!);
            var rates = run.EnumerateObject().Single(p => p.Name.StartsWith("lr_used", StringComparison.Ordinal)).Value;
            var rate = Argument(words.GetString()!, "lr ");
            var i = 0;
            foreach (var step in rates.EnumerateArray())
            {
                var actual = rate * LearningRateSchedule.Warmup(i, total, start);
                Assert.True(Math.Abs(actual - step[0].GetDouble()) <= 1e-12, $"{entry.Id}  {name}  [{i}]  expected {step[0]}  actual {actual:R}");
                i++;
            }

            GoldenReport.Checked(entry, name + ".lr");
        }
    }

    private static (LearningRateSchedule Schedule, int Warmup, double Start, int Total) Parse(string name)
    {
        var kind = name[..name.IndexOf('(', StringComparison.Ordinal)];
        return kind switch
        {
            "LinearLR" => (LearningRateSchedule.Constant, (int)Argument(name, "total_iters="), Argument(name, "start_factor="), 1),
            "MultiStepLR" => (new MultiStepSchedule(Argument(name, "gamma="), Milestones(name)), 0, 1, 1),
            "StepLR" => (new StepSchedule((int)Argument(name, "step_size="), Argument(name, "gamma=")), 0, 1, 1),
            "CosineAnnealingLR" => (new CosineSchedule(Argument(name, "eta_min=") / Argument(name, "base ")), 0, 1, (int)Argument(name, "T_max=")),
            _ => throw new InvalidDataException($"Schedule \"{name}\" is unknown to the test."),
        };
    }

    private static int[] Milestones(string name)
    {
        var start = name.IndexOf('[', StringComparison.Ordinal) + 1;
        return [.. name[start..name.IndexOf(']', StringComparison.Ordinal)].Split(',').Select(int.Parse)];
    }

    /// <summary>"LinearLR(start_factor .001,total_iters 3)" or "LinearLR(.1, 4)".</summary>
    private static (double Start, int Total) WarmupOf(string words)
    {
        var arguments = words[(words.IndexOf("LinearLR(", StringComparison.Ordinal) + 9)..].Split(')')[0].Split(',');
        return (Number(arguments[0]), (int)Number(arguments[1]));
    }

    private static double Argument(string text, string name)
    {
        var rest = text[(text.IndexOf(name, StringComparison.Ordinal) + name.Length)..];
        return Number(new string([.. rest.TakeWhile(c => char.IsAsciiDigit(c) || c is '.' or '/' or '-' or 'e')]));
    }

    private static double Number(string text)
    {
        var digits = text.Trim().Split(' ')[^1].Split('/');
        var values = digits.Select(d => double.Parse(d, System.Globalization.CultureInfo.InvariantCulture)).ToArray();
        return values.Length == 2 ? values[0] / values[1] : values[0];
    }
}
