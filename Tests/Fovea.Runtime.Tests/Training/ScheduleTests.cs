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

    /// <summary>From torch 1.13: OneCycleLR(max_lr=1, pct_start, div_factor=25, final_div_factor=1e4, cycle_momentum=False).</summary>
    [Theory]
    [InlineData(0.3, new[]
    {
        0.040000000000000036, 0.52, 1.0, 0.9504846320134737, 0.8117456539497631, 0.6112620219362893, 0.38874197806371075,
        0.18825834605023697, 0.049519367986526286, 4e-06,
    })]
    [InlineData(0.25, new[]
    {
        0.040000000000000036, 0.1412125554897311, 0.40216696617241643, 0.7128138038334253, 0.9421474005791147, 0.9994818388960165,
        0.9870995929385743, 0.9586058163301235, 0.9149429862289286, 0.857555320458447, 0.7883410076967894, 0.7095894218552913,
        0.623905397380878, 0.5341230701975088, 0.4432121341351346, 0.3541796135644664, 0.2699704012644994, 0.19336985139164234,
        0.12691164944352898, 0.07279400656556481, 0.0328069502073388, 0.008273116106532256, 4e-06,
    })]
    public void One_cycle_is_torchs(double rising, double[] expected)
    {
        var schedule = new OneCycleSchedule(rising);
        for (var i = 0; i < expected.Length; i++)
        {
            Assert.Equal(expected[i], schedule.Factor(i, 5, 0, expected.Length), 12);
        }
    }

    [Fact]
    public void One_cycle_has_no_other_warm_up_unless_asked_for_and_any_length()
    {
        Assert.Equal(0, new TrainerOptions { Schedule = new OneCycleSchedule() }.WarmupFor(1000));
        Assert.Equal(7, new TrainerOptions { Schedule = new OneCycleSchedule(), WarmupIterations = 7 }.WarmupFor(1000));
        for (var total = 1; total < 8; total++)
        {
            Assert.All(Enumerable.Range(0, total), i => Assert.InRange(new OneCycleSchedule().Factor(i, 1, 0, total), 0, 1));
        }
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
