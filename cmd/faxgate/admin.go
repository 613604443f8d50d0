package main
import "context"
type adminCommand struct{ fileSettings;storageSettings;addressSettings; JSON bool `name:"json"`; Plan planC `cmd:""` }
type planC struct { Plan string `arg:""`}
func (c *planC) run(context.Context, *invocation) error {return nil}
