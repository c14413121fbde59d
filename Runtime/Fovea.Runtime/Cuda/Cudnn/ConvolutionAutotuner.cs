namespace Fovea.Cuda.Cudnn;

/// <summary>Times plans on the device and picks the fastest. Not while a stream is captured.</summary>
internal sealed class ConvolutionAutotuner(ICudaDriver driver, CudnnHandle handle, ConvolutionPlanner planner, CudnnOptions options)
{
    /// <summary>The fastest of the first plans for a shape, or null where there is none.</summary>
    /// <returns>A plan that owns its graph.</returns>
    public GraphPlan? TryPlan(in ConvolutionShape shape, in ConvolutionScratch scratch, CudaStream stream)
    {
        var graph = planner.TryBuild(shape);
        if (graph is null)
        {
            return null;
        }

        GraphPlan? best = null;
        var done = false;
        try
        {
            best = Fastest(graph, scratch, stream);
            done = true;
            return best;
        }
        finally
        {
            if (done && best is not null)
            {
                best.OwnsGraph = true;
            }
            else
            {
                graph.Dispose();
            }
        }
    }

    private GraphPlan? Fastest(ConvolutionGraph graph, in ConvolutionScratch scratch, CudaStream stream)
    {
        var operands = scratch.Lay(graph.Shape);
        var room = scratch.WorkspaceBytes(graph.Shape);
        var workspace = scratch.Address + (scratch.Bytes - room);
        GraphPlan? best = null;
        GraphPlan? current = null;
        handle.Use(stream);
        var start = driver.CreateEvent(timing: true);
        var end = driver.CreateEvent(timing: true);
        try
        {
            foreach (var plan in planner.Plans(graph).Take(options.Candidates))
            {
                current = plan;
                plan.Milliseconds = plan.WorkspaceBytes <= room
                    ? Measure(plan, operands, workspace, stream, start, end)
                    : float.PositiveInfinity;
                var better = best is null || plan.Milliseconds < best.Milliseconds;
                (better ? best : plan)?.Dispose();
                best = better ? plan : best;
                current = null;
            }

            return best;
        }
        catch
        {
            current?.Dispose();
            if (best != current)
            {
                best?.Dispose();
            }

            throw;
        }
        finally
        {
            driver.DestroyEvent(start);
            driver.DestroyEvent(end);
        }
    }

    /// <summary>The median of several runs after one that warms up; infinite for an engine that fails.</summary>
    private float Measure(
        GraphPlan plan, in ConvolutionOperands operands, DeviceAddress workspace, CudaStream stream, CudaEvent start, CudaEvent end)
    {
        var times = new float[Math.Max(1, options.Repetitions)];
        try
        {
            plan.Execute(handle, operands, workspace);
            for (var i = 0; i < times.Length; i++)
            {
                driver.RecordEvent(start, stream);
                plan.Execute(handle, operands, workspace);
                driver.RecordEvent(end, stream);
                driver.SynchronizeEvent(end);
                times[i] = driver.ElapsedMilliseconds(start, end);
            }
        }
        catch (CudaException e) when (e.Failure == CudaFailure.Cudnn)
        {
            return float.PositiveInfinity;
        }

        Array.Sort(times);
        return times[times.Length / 2];
    }
}
