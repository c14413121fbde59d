using Fovea.Cuda.Checks;
using Fovea.Devices;

namespace Fovea.Cuda.Tests.Streams;

/// <summary>Work of several streams that is issued, captured, replayed, and goes wrong in between.</summary>
public class CapturedWorkTests
{
    [Theory, InlineData(false), InlineData(true)]
    public void An_operation_that_fails_in_a_capture_leaves_a_session_that_works(bool inside)
    {
        using var driver = new RecordingCudaDriver();
        driver.OpenContext(0);
        using (var rig = new CudaRig(driver, driver.GetDevice(0), Precision.Float32))
        {
            var (a, b) = (rig.Map(1, 4, 4, 8), rig.Map(1, 4, 4, 8));
            using var work = new CapturedWork<string>(rig.Context, 1);
            var fails = false;
            void Issue(string key, int state)
            {
                rig.Backend.Relu(a, b);
                using (rig.Context.Enter(OperationKind.Aside, [rig.Context.Range(b)], [rig.Context.Range(a)]))
                {
                    driver.Fill(rig.Context.Values(a).Address, 0, 1, rig.Context.Stream);
                    Fail(fails && inside);
                }

                Fail(fails);
            }

            work.Run("work", 0, Issue);
            fails = true;
            Assert.Throws<InvalidOperationException>(() => work.Run("work", 0, Issue));
            fails = false;
            driver.ClearCalls();
            work.Run("work", 0, Issue);
            work.Run("work", 0, Issue);
            Assert.Equal(2, driver.Calls.Count(call => call.StartsWith("launch graph", StringComparison.Ordinal)));
        }

        Assert.Empty(driver.Leaks);
    }

    [Fact]
    public void Work_that_alternates_is_replayed_and_the_one_that_was_used_the_longest_ago_is_forgotten()
    {
        using var driver = new RecordingCudaDriver();
        driver.OpenContext(0);
        using (var rig = new CudaRig(driver, driver.GetDevice(0), Precision.Float32))
        {
            var map = rig.Map(1, 4, 4, 8);
            var work = new CapturedWork<int>(rig.Context, most: 2);
            string Run(int key)
            {
                driver.ClearCalls();
                work.Run(key, rig, (_, r) => r.Backend.Relu(map, map));
                return driver.Calls.Any(call => call.StartsWith("destroy graph", StringComparison.Ordinal)) ? "forgets, issues"
                    : driver.Calls.Any(call => call.StartsWith("begin capture", StringComparison.Ordinal)) ? "captures"
                    : driver.Calls.Any(call => call.StartsWith("launch graph", StringComparison.Ordinal)) ? "replays" : "issues";
            }

            Assert.Equal(["issues", "captures", "issues", "captures"], new[] { 1, 1, 2, 2 }.Select(Run));
            Assert.Equal(["replays", "replays", "replays"], new[] { 1, 2, 1 }.Select(Run));
            Assert.True(work.IsReady(2));

            // 2 was used before 1.
            Assert.Equal(["forgets, issues", "replays", "captures"], new[] { 3, 1, 3 }.Select(Run));
            Assert.False(work.IsReady(2));

            // Memory that was replaced makes all of it new.
            rig.Context.Workspace(64 << 20);
            Assert.False(work.IsReady(1));
            Assert.Equal(["forgets, issues", "captures"], new[] { 1, 1 }.Select(Run));
            work.Dispose();
        }

        Assert.Empty(driver.Leaks);
    }

    private static void Fail(bool now)
    {
        if (now)
        {
            throw new InvalidOperationException("As an operation does whose plan is wrong.");
        }
    }
}
