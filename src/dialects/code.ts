/** `141*0` for `*141*0#`, as some aggregators send it. What is not such a code keeps its `*` and `#`, to be told from one. */
export const bareCode = (dialled: string): string => /^\*(\d[\d*]*)#$/.exec(dialled)?.[1] ?? dialled
