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
            using var work = new CapturedWork(rig.Context);
            var fails = false;
            void Issue()
            {
                rig.Backend.Relu(a, b);
                using (rig.Context.Enter(OperationKind.Aside, [rig.Context.Range(b)], [rig.Context.Range(a)]))
                {
                    driver.Fill(rig.Context.Values(a).Address, 0, 1, rig.Context.Stream);
                    Fail(fails && inside);
                }

                Fail(fails);
            }

            work.Run("work", Issue);
            fails = true;
            Assert.Throws<InvalidOperationException>(() => work.Run("work", Issue));
            fails = false;
            driver.ClearCalls();
            work.Run("work", Issue);
            work.Run("work", Issue);
            Assert.Equal(2, driver.Calls.Count(call => call.StartsWith("launch graph", StringComparison.Ordinal)));
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
